import { buffer } from 'node:stream/consumers';
import { InterruptedError, UsageError } from '../errors.js';
import type { Context } from './context.js';

const QUESTION = 'Civitai API key:';
const VARIABLES = ['CIVITAI_API_KEY', 'CIVITAI_TOKEN'];

/** The key in the environment, if any. */
export function keyFromEnvironment(env: Context['env']): string | undefined {
  return VARIABLES.map((name) => env[name]?.trim()).find(Boolean);
}

/**
 * Asks for the key: with hidden input on a terminal, else as the next line of standard input.
 * @throws UsageError when the answer is no key, InterruptedError
 */
export async function askKey(context: Context): Promise<string> {
  const answer = context.stdin.isTTY
    ? await prompt(context)
    : await untilInterrupted(context, () => readLine(context.stdin));
  return checkKey(answer);
}

/** A key of any format, as long as it can be sent in a header. */
function checkKey(answer: string): string {
  const key = answer.trim();
  if (key === '')
    throw new UsageError(
      'usage',
      'The API key is missing: type it at the prompt, or pass it on standard input.',
    );
  if (!/^[\x21-\x7e]+$/.test(key))
    throw new UsageError(
      'usage',
      'The API key contains spaces or characters that keys cannot have. Copy it again from https://civitai.com/user/account.',
    );
  return key;
}

async function prompt({ stdin, stderr, interrupted }: Context): Promise<string> {
  const { default: password } = await import('@inquirer/password');
  try {
    return await password({ message: QUESTION }, { input: stdin, output: stderr, signal: interrupted });
  } catch (error) {
    throw new InterruptedError({ cause: error });
  }
}

/** Reads up to a line's end and leaves the rest of the stream for whoever reads next. */
function readLine(stream: NodeJS.ReadStream): Promise<string> {
  return new Promise((resolve, reject) => {
    let received = Buffer.alloc(0);
    const finish = (line: Buffer, rest: Buffer) => {
      stream.off('data', take).off('end', end).off('error', reject).pause();
      if (rest.length > 0) stream.unshift(rest);
      resolve(line.toString('utf8'));
    };
    const take = (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      const newline = received.indexOf('\n');
      if (newline >= 0) finish(received.subarray(0, newline), received.subarray(newline + 1));
    };
    const end = () => finish(received, Buffer.alloc(0));
    stream.on('data', take).on('end', end).on('error', reject);
  });
}

/**
 * All that is left on standard input.
 * @throws InterruptedError
 */
export async function readStdin(context: Pick<Context, 'stdin' | 'interrupted'>): Promise<Uint8Array> {
  const { stdin } = context;
  return stdin.readableEnded ? new Uint8Array() : untilInterrupted(context, () => buffer(stdin));
}

/** Reads from standard input, which may stay open and silent for ever: then only a signal ends the waiting. */
async function untilInterrupted<T>(
  { stdin, interrupted }: Pick<Context, 'stdin' | 'interrupted'>,
  read: () => Promise<T>,
): Promise<T> {
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

/** A key in words: its end is enough to tell it from others. */
export function describeKey(key: string | undefined): string {
  if (key === undefined) return 'not set';
  const end = keyEnd(key);
  return end === undefined ? 'set' : `set, ends with ${end}`;
}

/** The last four characters, unless there is hardly more of it. */
export function keyEnd(key: string | undefined): string | undefined {
  return key !== undefined && key.length >= 16 ? key.slice(-4) : undefined;
}

/**
 * Asks a question that is answered with yes or no, on a terminal or by a line of standard input.
 * @returns true for yes; everything else is a no
 * @throws UsageError when standard input has no answer, InterruptedError
 */
export async function confirm(
  question: string,
  context: Pick<Context, 'stdin' | 'stderr' | 'interrupted'>,
): Promise<boolean> {
  const { stdin, stderr } = context;
  stderr.write(`${question} [y/N] `);
  const answer = await untilInterrupted(context, () => readLine(stdin));
  if (!stdin.isTTY) stderr.write('\n');
  if (answer.trim() === '' && !stdin.isTTY) {
    throw new UsageError(
      'usage',
      'Cannot ask for confirmation: standard input is empty. Pass --yes to confirm.',
    );
  }
  return /^\s*y(es)?\s*$/i.test(answer);
}
