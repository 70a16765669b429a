import { buffer } from 'node:stream/consumers';
import { KEY_VARIABLES } from '../download/runtime.js';
import { InterruptedError, type KeyOrigin, UsageError } from '../errors.js';
import type { Context, Output } from './context.js';

const QUESTION = 'Civitai API key:';

/** Standard input, and the signal that ends waiting for it. */
interface Input {
  readonly stdin: NodeJS.ReadStream;
  readonly interrupted: AbortSignal;
}

/** Returns the name of the variable that has the API key, if any. */
export function keyVariable(env: Context['env']): string | undefined {
  return KEY_VARIABLES.find((name) => env[name]?.trim());
}

/**
 * Returns the API key in the environment, if any.
 * @throws UsageError if it is not a key
 */
export function keyFromEnvironment(env: Context['env']): string | undefined {
  const name = keyVariable(env);
  return name === undefined ? undefined : parseKey(env[name] ?? '', `The API key in ${name}`);
}

/**
 * Returns the API key of the configuration, which may have been edited.
 * @throws UsageError if it is not a key
 */
function storedKey(key: string | undefined): string | undefined {
  return key === undefined ? undefined : parseKey(key, 'The stored API key');
}

/**
 * Asks for the API key on a terminal, with hidden input, or else reads the next line of standard input.
 * @throws UsageError if it is not a key, InterruptedError
 */
export async function askKey(context: Context): Promise<string> {
  return parseKey(context.stdin.isTTY ? await promptKey(context) : ((await readLine(context)) ?? ''));
}

/**
 * Returns the first key of: typed for this run, set in the environment, stored.
 * @throws UsageError if it is not a key, InterruptedError
 */
export async function findKey(
  isAsked: boolean,
  stored: string | undefined,
  context: Context,
): Promise<string | undefined> {
  return isAsked ? askKey(context) : (keyFromEnvironment(context.env) ?? storedKey(stored));
}

/** Returns where the key of {@link findKey} comes from. */
export function keyOrigin(isAsked: boolean, env: Context['env']): KeyOrigin {
  return isAsked ? 'typed' : (keyVariable(env) ?? 'stored');
}

/**
 * Asks for the API key on a terminal, with hidden input.
 * @returns what was typed
 * @throws InterruptedError
 */
export async function promptKey(context: Context): Promise<string> {
  const { default: password } = await import('@inquirer/password');
  return inPrompt(context, (io) => password({ message: QUESTION }, io));
}

/** The streams of a prompt. */
export interface PromptIo {
  readonly input: NodeJS.ReadStream;
  readonly output: NodeJS.WritableStream;
  readonly signal: AbortSignal;
}

/** @throws InterruptedError */
export async function inPrompt<T>(
  { stdin, stderr, interrupted }: Context,
  ask: (io: PromptIo) => Promise<T>,
): Promise<T> {
  const closed = new AbortController();
  // At Ctrl-D, readline stops reading, and the prompt would wait for ever.
  const close = () => setImmediate(() => closed.abort());
  stdin.once('pause', close);
  const signal = AbortSignal.any([interrupted, closed.signal]);
  try {
    return await ask({ input: stdin, output: stderr, signal });
  } catch (error) {
    throw new InterruptedError({ cause: error });
  } finally {
    stdin.off('pause', close);
  }
}

/**
 * Accepts keys of any format that fits into a header.
 * @throws UsageError
 */
export function parseKey(answer: string, subject = 'The API key'): string {
  const key = answer.trim();
  if (key === '') {
    throw new UsageError(
      'usage',
      'The API key is missing: type it at the prompt, or pass it on standard input.',
    );
  }
  if (!/^[\x21-\x7e]+$/.test(key)) {
    throw new UsageError(
      'usage',
      `${subject} contains spaces or characters that keys cannot have. Copy it again from https://civitai.com/user/account.`,
    );
  }
  return key;
}

/** Describes a key by its end, which is enough to tell it from others. */
export function describeKey(key: string | undefined): string {
  if (key === undefined) return 'not set';
  const end = keyEnd(key);
  return end === undefined ? 'set' : `set, ends with ${end}`;
}

/** Returns the last four characters of a key; undefined if it is too short to show them. */
export function keyEnd(key: string | undefined): string | undefined {
  return key !== undefined && key.length >= 16 ? key.slice(-4) : undefined;
}

/**
 * Asks on a terminal for a line.
 * @throws InterruptedError
 */
export async function promptLine(
  question: string,
  { stdin, stderr, interrupted }: Input & { readonly stderr: Output },
): Promise<string> {
  stderr.write(question);
  const line = await readLine({ stdin, interrupted });
  if (line !== undefined) return line;
  stderr.write('\n');
  // Ctrl-D.
  throw new InterruptedError();
}

/**
 * Asks a yes-or-no question, on a terminal or by a line of standard input.
 * @returns true for yes; every other answer is a no
 * @throws UsageError if standard input has no answer, InterruptedError
 */
export async function confirm(
  question: string,
  { stdin, stderr, interrupted }: Input & { readonly stderr: Output },
): Promise<boolean> {
  stderr.write(`${question} [y/N] `);
  const line = await readLine({ stdin, interrupted });
  if (!stdin.isTTY || line === undefined) stderr.write('\n');
  // Ctrl-D on a terminal.
  if (line === undefined && stdin.isTTY) throw new InterruptedError();
  const answer = line ?? '';
  if (answer.trim() === '' && !stdin.isTTY) {
    throw new UsageError(
      'usage',
      'Cannot ask for confirmation: standard input is empty. Pass --yes to confirm.',
    );
  }
  return /^\s*y(es)?\s*$/i.test(answer);
}

/**
 * Reads the rest of standard input.
 * @throws InterruptedError
 */
export async function readStdin(input: Input): Promise<Uint8Array> {
  const { stdin } = input;
  return stdin.readableEnded ? new Uint8Array() : untilInterrupted(input, () => buffer(stdin));
}

/** Reads up to the end of a line, and leaves the rest in the stream. Resolves with undefined if nothing is left. */
async function readLine(input: Input): Promise<string | undefined> {
  return untilInterrupted(input, () => nextLine(input.stdin));
}

/** Waits for standard input, which may stay open and silent for ever: then only a signal ends the waiting. */
async function untilInterrupted<T>({ stdin, interrupted }: Input, read: () => Promise<T>): Promise<T> {
  interrupted.throwIfAborted();
  let abort = () => {};
  const interruption = new Promise<never>((_resolve, reject) => {
    abort = () => {
      stdin.destroy();
      reject(interrupted.reason);
    };
    interrupted.addEventListener('abort', abort, { once: true });
  });
  try {
    return await Promise.race([read(), interruption]);
  } finally {
    interrupted.removeEventListener('abort', abort);
  }
}

function nextLine(stdin: NodeJS.ReadStream): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    let received = Buffer.alloc(0);
    const finish = (line: Buffer | undefined, rest: Buffer) => {
      stdin.off('data', receive).off('end', end).off('error', reject).pause();
      if (rest.length > 0) stdin.unshift(rest);
      resolve(line?.toString('utf8'));
    };
    const receive = (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      const newline = received.indexOf('\n');
      if (newline >= 0) finish(received.subarray(0, newline), received.subarray(newline + 1));
    };
    const end = () => finish(received.length > 0 ? received : undefined, Buffer.alloc(0));
    // An earlier question has paused it.
    stdin.on('data', receive).on('end', end).on('error', reject).resume();
  });
}
