import { type ChildProcess, spawn } from 'node:child_process';
import { platform } from 'node:os';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

type Environment = Readonly<Record<string, string | undefined>>;

export interface ShellOptions {
  readonly env: Environment;
  readonly cwd: string;
  readonly signal: AbortSignal;
  /** Called with each line that the command prints. */
  readonly onLine: (line: string) => void;
}

/** A command can leave a program in the background that keeps its output open. */
const OUTPUT_GRACE_MS = 500;

/**
 * Runs a command in the system's shell, without input.
 * @returns its exit status, or the name of the signal that ended it
 * @throws the system's error if it cannot be started
 */
export function runShell(
  command: string,
  { env, cwd, signal, onLine }: ShellOptions,
): Promise<number | string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, {
      shell: true,
      cwd,
      env: env as NodeJS.ProcessEnv,
      stdio: ['ignore', 'pipe', 'pipe'],
      windowsHide: true,
      signal,
    });
    const outputs: readonly Readable[] = [child.stdout, child.stderr];
    for (const input of outputs) createInterface({ input }).on('line', onLine);
    const closeOutputs = () => {
      for (const output of outputs) output.destroy();
    };
    child.once('error', reject);
    child.once('close', (code, name) => resolve(code ?? name ?? 'unknown'));
    child.once('exit', () => {
      setTimeout(closeOutputs, OUTPUT_GRACE_MS).unref();
    });
  });
}

/** Programs that open a URL in the user's browser. */
const OPENERS: Readonly<Record<string, readonly [program: string, ...args: readonly string[]]>> = {
  darwin: ['open'],
  // Without a shell: it would take an & of the URL for the end of the command.
  win32: ['rundll32', 'url.dll,FileProtocolHandler'],
};

/**
 * Opens a URL in the user's browser, and does not wait for it.
 * @param onError called with the error if that is impossible
 */
export function openUrl(url: string, env: Environment, onError: (error: Error) => void): void {
  const [program, ...args] = OPENERS[platform()] ?? ['xdg-open'];
  const child: ChildProcess = spawn(program, [...args, url], {
    env: env as NodeJS.ProcessEnv,
    detached: true,
    stdio: 'ignore',
  });
  child.once('error', onError);
  child.unref();
}
