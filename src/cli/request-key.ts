import { type AccessError, InterruptedError, UsageError } from '../errors.js';
import { storeKey, warnOfVariable } from './commands/login.js';
import type { Context } from './context.js';
import type { PrintLine } from './print.js';
import { confirm, parseKey, promptKey } from './prompt.js';
import { describeProblem } from './report/error-report.js';
import { openLayout } from './terminal/open-layout.js';
import { describeOwner, type VerifyKeyOptions, verifyKey } from './verify-key.js';

/** Wrong answers after which the run continues without a key. */
const MAX_ATTEMPTS = 3;
const ACCOUNT_PAGE = 'https://civitai.com/user/account';

/**
 * Asks on a terminal for the key that a download needs, verifies it, and offers to store it.
 * @returns undefined if the user has none
 * @throws InterruptedError
 */
export async function requestKey(
  refusal: AccessError,
  options: VerifyKeyOptions,
  context: Context,
): Promise<string | undefined> {
  const layout = await openLayout(context);
  const print: PrintLine = (line) => context.stderr.write(`${layout.wrap(line).join('\n')}\n`);
  print(describeProblem(refusal).message);
  print(`Create one at ${ACCOUNT_PAGE}, below "API Keys", and paste it.`);
  print('Press Enter to continue without one.');
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
    const answer = await promptKey(context);
    if (answer.trim() === '') return undefined;
    const key = await acceptKey(answer, options, context, print);
    if (key !== undefined) return key;
  }
  return undefined;
}

/** Returns undefined if the answer is not a valid key. */
async function acceptKey(
  answer: string,
  options: VerifyKeyOptions,
  context: Context,
  print: PrintLine,
): Promise<string | undefined> {
  const key = tryParseKey(answer, print);
  if (key === undefined) return undefined;
  const check = await verifyKey(key, options, context);
  if (check.state === 'rejected') {
    print('Civitai rejects this key: it is wrong, expired or revoked.');
    return undefined;
  }
  if (check.state === 'unknown') {
    print(`warning: the key is used without verifying it. ${describeProblem(check.error).message}`);
    return key;
  }
  print(describeOwner(check.account));
  if (await confirm('Store it for all later runs?', context)) await tryStore(key, context, print);
  return key;
}

function tryParseKey(answer: string, print: PrintLine): string | undefined {
  try {
    return parseKey(answer);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    print(error.message);
    return undefined;
  }
}

/** The run continues even if the key cannot be stored. */
async function tryStore(key: string, context: Context, print: PrintLine): Promise<void> {
  try {
    await storeKey(key, context);
    print("The key is stored. To delete it, run 'civitconfig logout'.");
    warnOfVariable(context);
  } catch (error) {
    if (error instanceof InterruptedError) throw error;
    print(`warning: the key was not stored. ${describeProblem(error).message}`);
  }
}
