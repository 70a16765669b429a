import { spawn } from '@lydell/node-pty';
import { binary, type CommandName } from './command.js';
import type { Sandbox } from './sandbox.js';

/** A command that runs in a pseudo-terminal. */
export interface Terminal {
  /** Everything that the terminal has shown so far, as it came. */
  readonly output: string;
  /** Waits until something is shown. */
  shows(wanted: string | RegExp): Promise<void>;
  type(keys: string): void;
  /** The exit status. */
  readonly ended: Promise<number>;
}

/** Milliseconds between two looks. */
const LOOK = 20;
const PATIENCE = 10_000;

/** Starts a command in a pseudo-terminal of that many columns. */
export function open(
  name: CommandName,
  args: readonly string[],
  box: Sandbox,
  { columns = 100, env = {} }: { columns?: number; env?: Record<string, string> } = {},
): Terminal {
  const pty = spawn(process.execPath, [binary(name), ...args], {
    cols: columns,
    rows: 30,
    cwd: box.dir,
    env: { ...box.env, TERM: 'xterm-256color', ...env },
  });
  let output = '';
  pty.onData((data) => {
    output += data;
  });
  const ended = new Promise<number>((resolve) => pty.onExit(({ exitCode }) => resolve(exitCode)));
  return {
    get output() {
      return output;
    },
    shows: async (wanted) => {
      const isShown = () => (typeof wanted === 'string' ? output.includes(wanted) : wanted.test(output));
      for (let waited = 0; !isShown(); waited += LOOK) {
        if (waited > PATIENCE) throw new Error(`The terminal does not show ${wanted}, but:\n${output}`);
        await new Promise((resolve) => setTimeout(resolve, LOOK));
      }
    },
    type: (keys) => pty.write(keys),
    ended,
  };
}
