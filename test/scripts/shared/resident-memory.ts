import { readFileSync } from 'node:fs';

/** Returns the highest resident size of a process in bytes; undefined if it has ended, or the system does not tell. */
export function peakResidentSize(pid: number | undefined): number | undefined {
  return readSize(pid, /^VmHWM:\s*(?<kib>\d+) kB$/m);
}

/** Returns the resident size of a process in bytes; undefined if it has ended, or the system does not tell. */
export function residentSize(pid: number | undefined): number | undefined {
  return readSize(pid, /^VmRSS:\s*(?<kib>\d+) kB$/m);
}

function readSize(pid: number | undefined, pattern: RegExp): number | undefined {
  try {
    const kib = pattern.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.groups?.kib;
    return kib === undefined ? undefined : Number(kib) * 1024;
  } catch {
    return undefined;
  }
}
