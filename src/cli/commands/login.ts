import { configPaths, readConfig, updateConfig, withConfigLock } from '../../config/config.js';
import type { Config } from '../../config/schema.js';
import { findTrashedKeys, removeTrashedKeys } from '../../config/trash.js';
import { AccessError } from '../../errors.js';
import { mergeOptions } from '../../options/options.js';
import { stripControlChars } from '../../text.js';
import { type Context, configDir, configLocking, configPath } from '../context.js';
import { printJson, printLines } from '../print.js';
import { askKey, describeKey, keyEnd, keyFromEnvironment, keyVariable } from '../prompt.js';
import { describeProblem } from '../report/error-report.js';
import { describeOwner, verifyKey } from '../verify-key.js';

/** Options of `civitconfig login`, `logout` and `whoami`. */
export interface LoginOptions {
  readonly json: boolean;
  readonly verbose: boolean;
}

/**
 * Asks for a key, verifies it and stores it.
 * @throws AccessError `key-wrong` if Civitai rejects it: then nothing is stored
 */
export async function runLogin({ json, verbose }: LoginOptions, context: Context): Promise<void> {
  const path = await configPath(context);
  const config = await readConfig(path);
  const { key, username } = await askVerifiedKey(config, verbose, context);
  await storeKey(key, context);
  warnOfVariable(context);
  if (json)
    printJson(context.stdout, { username: username ?? null, apiKey: { isSet: true, end: keyEnd(key) } });
  else printLines(context.stdout, [`api-key  ${describeKey(key)}`]);
}

/** Deletes the stored key, and those in the trash folder. */
export async function runLogout({ json }: LoginOptions, context: Context): Promise<void> {
  const path = await configPath(context);
  const { apiKey } = await readConfig(path);
  if (apiKey !== undefined) await storeKey(undefined, context);
  const trash = await deleteTrashedKeys(context);
  warnOfVariable(context);
  if (json) printJson(context.stdout, { wasSet: apiKey !== undefined, apiKey: { isSet: false }, trash });
  else if (apiKey === undefined) printLines(context.stdout, ['No API key was stored.']);
  else printLines(context.stdout, ['The API key was deleted from this machine.']);
}

/**
 * Says whose key is used, and where it comes from.
 * @throws AccessError if there is no key, or a wrong one, or the error that keeps Civitai from being asked
 */
export async function runWhoami({ json, verbose }: LoginOptions, context: Context): Promise<void> {
  const config = await readConfig(await configPath(context));
  const variable = keyVariable(context.env);
  const key = keyFromEnvironment(context.env) ?? config.apiKey;
  if (key === undefined) throw new AccessError('key-missing', 'No API key is stored or set.');
  const from = variable ?? 'stored';
  const check = await verifyKey(key, { network: mergeOptions(config.defaults), verbose }, context);
  if (check.state === 'unknown') throw check.error;
  if (check.state === 'rejected') {
    const subject = variable === undefined ? 'The stored API key' : `The API key in ${variable}`;
    throw new AccessError(
      'key-wrong',
      `${subject} is rejected by Civitai: it is wrong, expired or revoked.`,
      { cause: check.error, keyFrom: from },
    );
  }
  const { username, status } = check.account;
  if (json) {
    printJson(context.stdout, {
      username: username ?? null,
      status,
      apiKey: { isSet: true, end: keyEnd(key), from },
    });
    return;
  }
  const note = status === undefined || status === 'active' ? '' : ` (${stripControlChars(status)})`;
  const origin = variable === undefined ? 'stored' : `from ${variable}`;
  printLines(context.stdout, [
    `${username === undefined ? 'a valid key of an unnamed account' : stripControlChars(username)}${note}`,
    `api-key  ${describeKey(key)}, ${origin}`,
  ]);
}

/** Asks for a key and verifies it; a key that cannot be verified now is accepted with a warning. */
export async function askVerifiedKey(
  { defaults }: Config,
  verbose: boolean,
  context: Context,
): Promise<{ readonly key: string; readonly username?: string }> {
  const key = await askKey(context);
  const check = await verifyKey(key, { network: mergeOptions(defaults), verbose }, context);
  if (check.state === 'rejected')
    throw new AccessError('key-wrong', 'Civitai rejected the API key, so it was not stored.', {
      cause: check.error,
      keyFrom: 'typed',
    });
  if (check.state === 'unknown') {
    const { message } = describeProblem(check.error);
    context.stderr.write(`warning: the API key was stored without verifying it. ${message}\n`);
    return { key };
  }
  const { username } = check.account;
  context.stderr.write(`${describeOwner(check.account)}\n`);
  return { key, ...(username !== undefined && { username }) };
}

/** Stores a key for all later runs, or deletes the stored one. */
export async function storeKey(key: string | undefined, context: Context): Promise<void> {
  await updateConfig(
    await configPath(context),
    (config) => ({ ...config, apiKey: key }),
    configLocking(context),
  );
}

/**
 * Deletes the keys of earlier settings in the trash folder, and names their files.
 * @returns the paths of these files
 */
export async function deleteTrashedKeys(context: Context): Promise<readonly string[]> {
  const paths = configPaths(await configDir(context));
  // Without a key, nothing is written, not even a lock.
  const found = findTrashedKeys(paths);
  if (found.length === 0) return [];
  await withConfigLock(paths.config, configLocking(context), () =>
    removeTrashedKeys(found, context.interrupted),
  );
  for (const path of found)
    context.stderr.write(`An API key was deleted from the earlier settings in ${path}\n`);
  return found;
}

/** Warns if the key of the environment is used and not the stored one. */
export function warnOfVariable({ env, stderr }: Context): void {
  const variable = keyVariable(env);
  if (variable !== undefined)
    stderr.write(
      `warning: the API key in ${variable} is used, whatever is stored. To change that, unset ${variable}.\n`,
    );
}
