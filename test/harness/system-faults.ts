import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll } from 'vitest';

const source = fileURLToPath(new URL('./system-faults.c', import.meta.url));

/** A system call that fails: in a command of its own process, below Node. */
export interface SystemFault {
  /** A function of `system-faults.c`; `read` and `open` are calls of `open`. */
  readonly call: string;
  readonly error: string;
  /** How many times it fails; always by default. */
  readonly times?: number;
  /** A part of the path. */
  readonly path: string;
}

/** Compiles the library of faults for the tests of a file; returns undefined, loudly, where that is not possible. */
export function compileFaults(): string | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'civitdl-test-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const library = join(folder, 'system-faults.so');
  try {
    if (process.platform !== 'linux') throw new Error('it needs Linux');
    execFileSync('gcc', ['-shared', '-fPIC', '-O1', '-o', library, source, '-ldl'], { stdio: 'pipe' });
    return library;
  } catch (error) {
    process.stderr.write(
      `NOT TESTED: failing system calls, since their library cannot be compiled: ${error}\n`,
    );
    return undefined;
  }
}

/** Returns the environment of a command whose system calls fail. */
export function faultyEnv(library: string, ...faults: readonly SystemFault[]): Record<string, string> {
  const lines = faults.map(({ call, error, times = 0, path }) => `${call} ${error} ${times} ${path}`);
  return { LD_PRELOAD: library, DISK_FAULTS: lines.join('\n') };
}
