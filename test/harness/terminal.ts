import { binary, type CommandName } from './command.js';
import { openTerminal, type Terminal } from './pseudo-terminal.js';
import type { Sandbox } from './sandbox.js';

/** Starts a command in a pseudo-terminal. */
export function open(
  name: CommandName,
  args: readonly string[],
  sandbox: Sandbox,
  {
    columns = 100,
    rows = 30,
    env = {},
    onOutput = () => {},
  }: {
    columns?: number;
    rows?: number;
    env?: Record<string, string>;
    onOutput?: (data: string) => void;
  } = {},
): Terminal {
  return openTerminal(process.execPath, [binary(name), ...args], {
    cwd: sandbox.dir,
    env: { ...sandbox.env, ...env },
    columns,
    rows,
    onOutput,
  });
}
