import { readFile, readlink } from 'node:fs/promises';
import { hostname } from 'node:os';
import { linuxBootId } from './boot-id.js';
import { errnoCode } from './errors.js';
import { isLocalDisk, machineId } from './machine.js';

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
  /** Several machines on one network drive can have the same name. */
  readonly host: string;
  readonly machine?: string | undefined;
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
  return { pid, host: hostname(), machine: machineId(), boot: linuxBootId(), namespace, start };
}

async function readStartTime(pid: number): Promise<string | undefined> {
  const status = await readFile(`/proc/${pid}/stat`, 'utf8').catch((error: unknown) => {
    if (errnoCode(error) === undefined) throw error;
    return '';
  });
  // Field 2 is a name that may contain blanks and parentheses; the start time is field 22.
  return status.slice(status.lastIndexOf(')') + 2).split(' ')[19];
}

/**
 * Whether the owner of a lock has exited; undefined if this machine cannot know that: then its heartbeat decides.
 * @param path of the lock
 */
export async function hasExited(
  owner: LockOwner,
  processes: Processes,
  path: string,
): Promise<boolean | undefined> {
  const self = await identify(processes);
  if (owner.host !== self.host) return undefined;
  const isSameMachine = owner.machine !== undefined && owner.machine === self.machine;
  // Copies of a machine have its id, too, but not its disk.
  if (owner.boot !== self.boot) return isSameMachine && isLocalDisk(path) ? true : undefined;
  if (self.boot === undefined && !isSameMachine) return undefined;
  if (owner.namespace !== self.namespace) return undefined;
  if (!processes.isRunning(owner.pid)) return true;
  const start = await readStartTime(owner.pid);
  return start === undefined ? undefined : start !== owner.start;
}

/** Parses the text of a lock file; returns undefined if it is incomplete or not a lock's. */
export function parseLockOwner(text: string): LockOwner | undefined {
  try {
    const { pid, host, machine, boot, namespace, start, token } = JSON.parse(text);
    const isText = (value: unknown) => typeof value === 'string';
    const isOptionalText = (value: unknown) => value === undefined || isText(value);
    const isOwner =
      Number.isInteger(pid) &&
      isText(host) &&
      isText(token) &&
      [machine, boot, namespace, start].every(isOptionalText);
    return isOwner ? { pid, host, machine, boot, namespace, start, token } : undefined;
  } catch {
    return undefined;
  }
}
