import { type ChildProcess, spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { checkJson } from './json-lines.js';
import type { Sandbox } from './sandbox.js';

export type CommandName = 'civitdl' | 'civitconfig';

/** The end of a command. */
export interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CommandOptions {
  /** Standard input: empty by default; null for one that stays open. */
  readonly input?: string | null;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Maximum size of a file, like on a full disk. Blocks of the shell have 512 or 1024 bytes. */
  readonly maxFileBlocks?: number;
  /** The user to run it as; only the superuser may set it. */
  readonly uid?: number;
}

/** Returns the path of the file that npm links under a command's name. */
export function binary(name: CommandName): string {
  return fileURLToPath(new URL(`../../bin/${name}.js`, import.meta.url));
}

/** Starts a command with pipes for its streams. */
export function start(
  name: CommandName,
  args: readonly string[],
  sandbox: Sandbox,
  options: CommandOptions = {},
): ChildProcess {
  const command = [process.execPath, binary(name), ...args];
  const { maxFileBlocks } = options;
  const limited = ['sh', '-c', `ulimit -f ${maxFileBlocks} && exec "$0" "$@"`, ...command];
  const [program = '', ...rest] = maxFileBlocks === undefined ? command : limited;
  const child = spawn(program, rest, {
    cwd: options.cwd ?? sandbox.dir,
    env: { ...sandbox.env, ...options.env },
    ...(options.uid !== undefined && { uid: options.uid, gid: options.uid }),
  });
  if (options.input !== null) child.stdin.end(options.input ?? '');
  return child;
}

/** Runs a command until it ends. */
export async function run(
  name: CommandName,
  args: readonly string[],
  sandbox: Sandbox,
  options: CommandOptions = {},
): Promise<Ended> {
  return ended(start(name, args, sandbox, options));
}

/** Waits until a command ends. */
export async function ended(child: ChildProcess): Promise<Ended> {
  const { stdout, stderr } = child;
  if (!stdout || !stderr) throw new Error('The command was started without pipes.');
  const exit = new Promise<number | null>((resolve, reject) => {
    child.once('close', resolve);
    child.once('error', reject);
  });
  const [status, out, err] = await Promise.all([exit, text(stdout), text(stderr)]);
  // A killed command may have written half a line.
  if (status !== null && child.spawnargs.includes(binary('civitdl'))) checkJson(child.spawnargs, out);
  return { status, stdout: out, stderr: err };
}
