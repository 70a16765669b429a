import { readFile, readlink } from 'node:fs/promises';
import { hostname } from 'node:os';
import { linuxBootId } from './boot-id.js';
import { errnoCode } from './errors.js';

export interface Processes {
  /** This process. */
  readonly pid: number;
  isRunning(pid: number): boolean;
}

export interface LockOwner extends ProcessIdentity {
  /** Tells apart the locks of one process. */
  readonly token: string;
}

/** Tells a process from a later one with its number. Undefined are facts that the system does not provide. */
interface ProcessIdentity {
  readonly pid: number;
  readonly host: string;
  readonly boot?: string | undefined;
  /** Of the container, if it has its own process numbers. */
  readonly namespace?: string | undefined;
  readonly start?: string | undefined;
}

export async function identify({ pid }: Processes): Promise<ProcessIdentity> {
  const [namespace, start] = await Promise.all([
    readlink('/proc/self/ns/pid').catch(() => undefined),
    readStartTime(pid),
  ]);
  return { pid, host: hostname(), boot: linuxBootId(), namespace, start };
}

async function readStartTime(pid: number): Promise<string | undefined> {
  const status = await readFile(`/proc/${pid}/stat`, 'utf8').catch((error: unknown) => {
    if (errnoCode(error) === undefined) throw error;
    return '';
  });
  // Field 2 is a name that may contain blanks and parentheses; the start time is field 22.
  return status.slice(status.lastIndexOf(')') + 2).split(' ')[19];
}

/** Whether the owner of a lock has exited; undefined if it is on another machine or in another container. */
export async function hasExited(owner: LockOwner, processes: Processes): Promise<boolean | undefined> {
  const self = await identify(processes);
  if (owner.host !== self.host) return undefined;
  if (owner.boot !== self.boot) return true;
  if (owner.namespace !== self.namespace) return undefined;
  if (!processes.isRunning(owner.pid)) return true;
  const start = await readStartTime(owner.pid);
  return start === undefined ? undefined : start !== owner.start;
}

/** Parses the text of a lock file; returns undefined if it is incomplete or not a lock's. */
export function parseLockOwner(text: string): LockOwner | undefined {
  try {
    const { pid, host, boot, namespace, start, token } = JSON.parse(text);
    const isText = (value: unknown) => typeof value === 'string';
    const isOptionalText = (value: unknown) => value === undefined || isText(value);
    const isOwner =
      Number.isInteger(pid) &&
      isText(host) &&
      isText(token) &&
      [boot, namespace, start].every(isOptionalText);
    return isOwner ? { pid, host, boot, namespace, start, token } : undefined;
  } catch {
    return undefined;
  }
}
