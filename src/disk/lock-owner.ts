import { readFile, readlink } from 'node:fs/promises';
import { hostname } from 'node:os';
import { errnoCode } from './errors.js';

/** What is known of the processes of this machine. */
export interface Processes {
  /** Our own number. */
  readonly pid: number;
  isRunning(pid: number): boolean;
}

/** Who holds a lock. */
export interface LockOwner extends Identity {
  /** Tells apart what one process takes at different times. */
  readonly token: string;
}

/** A process, so that another one with its number is not taken for it. What a system does not tell is absent. */
interface Identity {
  readonly pid: number;
  readonly host: string;
  /** Of the machine's boot. */
  readonly boot?: string | undefined;
  /** Of the container, as far as it has process numbers of its own. */
  readonly namespace?: string | undefined;
  /** When the process was started, in the system's own unit. */
  readonly start?: string | undefined;
}

export async function identify({ pid }: Processes): Promise<Identity> {
  const [boot, namespace, start] = await Promise.all([
    readFile('/proc/sys/kernel/random/boot_id', 'utf8').then(
      (text) => text.trim(),
      () => undefined,
    ),
    readlink('/proc/self/ns/pid').catch(() => undefined),
    startOf(pid),
  ]);
  return { pid, host: hostname(), boot, namespace, start };
}

/** When a process was started; undefined where the system does not tell, or there is no such process. */
async function startOf(pid: number): Promise<string | undefined> {
  const status = await readFile(`/proc/${pid}/stat`, 'utf8').catch((error: unknown) => {
    if (errnoCode(error) === undefined) throw error;
    return '';
  });
  // The second field is a name that may have blanks and parentheses in it; the start is field 22.
  return status.slice(status.lastIndexOf(')') + 2).split(' ')[19];
}

/** Whether a holder has ended; undefined where that can't be seen from here. */
export async function hasExited(holder: LockOwner, processes: Processes): Promise<boolean | undefined> {
  const self = await identify(processes);
  if (holder.host !== self.host) return undefined;
  if (holder.boot !== self.boot) return true;
  if (holder.namespace !== self.namespace) return undefined;
  if (!processes.isRunning(holder.pid)) return true;
  const start = await startOf(holder.pid);
  return start === undefined ? undefined : start !== holder.start;
}

/** Undefined for a text that a lock does not have, because it was cut off or is somebody else's. */
export function parseLockOwner(text: string): LockOwner | undefined {
  try {
    const { pid, host, boot, namespace, start, token } = JSON.parse(text);
    const isText = (value: unknown) => typeof value === 'string';
    const isMaybeText = (value: unknown) => value === undefined || isText(value);
    const isHolder =
      Number.isInteger(pid) && isText(host) && isText(token) && [boot, namespace, start].every(isMaybeText);
    return isHolder ? { pid, host, boot, namespace, start, token } : undefined;
  } catch {
    return undefined;
  }
}
