import { ids } from '../../fake-civitai/catalog.js';
import type { Civitai } from '../../fake-civitai/civitai.js';
import { fetchPublishedSha256 } from '../shared/published-sha256.js';
import type { Ended, User } from './user.js';

/** A check of the installed package. */
export interface Check {
  readonly what: string;
  readonly run: (user: User, civitai: Civitai) => Promise<void>;
}

const download = [String(ids.mainExample.model), './models'];
const GIVE_A_KEY = ["'civitdl -k'", "'civitconfig login'"];
const WRONG_KEY = 'f'.repeat(32);

export const checks: readonly Check[] = [
  {
    what: 'installs without a warning',
    run: async (user) => {
      const { status, output } = await user.install();
      expectEnd({ status, output }, 0, ['added']);
      if (/warn|deprecated|vulnerab/i.test(output.replace('found 0 vulnerabilities', '')))
        throw new Error(`npm install warned:\n${output}`);
    },
  },
  {
    what: 'asks for the key in a terminal, shows no character of it, and gets the file',
    run: async (user, civitai) => {
      const answers = { 'Civitai API key:': civitai.goodKey };
      const ended = await user.civitdlInTerminal([...download, '-k'], answers);
      expectEnd(ended, 0, ['Civitai API key:', 'SHA256 verified']);
      expectSecret(ended, civitai.goodKey, 3);
      await expectFile(user, civitai);
    },
  },
  {
    what: 'takes the key from standard input',
    run: async (user, civitai) => {
      const ended = await user.civitdl([...download, '-k'], { input: `${civitai.goodKey}\n` });
      expectEnd(ended, 0, ['SHA256 verified']);
      await expectFile(user, civitai);
    },
  },
  ...['CIVITAI_API_KEY', 'CIVITAI_TOKEN'].map((name) => ({
    what: `takes the key from ${name}`,
    run: async (user: User, civitai: Civitai) => {
      expectEnd(await user.civitdl(download, { env: { [name]: civitai.goodKey } }), 0, ['SHA256 verified']);
      await expectFile(user, civitai);
    },
  })),
  {
    what: 'takes the key that civitconfig keeps',
    run: async (user, civitai) => {
      const kept = await user.civitconfig(['default', '-k'], { input: `${civitai.goodKey}\n` });
      expectEnd(kept, 0, [`The API key belongs to ${civitai.account.username}`, 'set, ends with']);
      // The last four characters are shown.
      expectSecret(kept, civitai.goodKey, 5);
      expectEnd(await user.civitdl(download), 0, ['SHA256 verified']);
      await expectFile(user, civitai);
    },
  },
  {
    what: 'says without a key both ways to give one',
    run: async (user) => {
      expectEnd(await user.civitdl(download), 3, ['with an API key', ...GIVE_A_KEY]);
      await expectNoFile(user);
    },
  },
  {
    what: 'says of a wrong key that it is wrong',
    run: async (user) => {
      const ended = await user.civitdl(download, { env: { CIVITAI_API_KEY: WRONG_KEY } });
      expectEnd(ended, 3, ['it is wrong', 'change CIVITAI_API_KEY']);
      await expectNoFile(user);
    },
  },
  {
    what: 'says where downloads are disabled that a key does not help',
    run: async (user, civitai) => {
      const env = { CIVITAI_API_KEY: civitai.goodKey };
      const ended = await user.civitdl([String(ids.disabled.model), './models'], { env });
      expectEnd(ended, 3, ['has disabled downloads', 'An API key does not help']);
      await expectNoFile(user);
    },
  },
];

function expectEnd({ status, output }: Ended, expected: number, words: readonly string[]): void {
  if (status !== expected)
    throw new Error(`It ended with status ${status} instead of ${expected}:\n${output}`);
  const missing = words.filter((word) => !output.includes(word));
  if (missing.length > 0) throw new Error(`It did not say ${missing.join(', ')}, but:\n${output}`);
}

/** @param length of the shortest part of the key that the output must not have */
function expectSecret({ output }: Ended, key: string, length: number): void {
  for (let start = 0; start + length <= key.length; start++)
    if (output.includes(key.slice(start, start + length)))
      throw new Error(`It showed a part of the key:\n${output}`);
}

async function expectFile(user: User, civitai: Civitai): Promise<void> {
  const found = await user.downloadedSha256();
  const published = await fetchPublishedSha256(civitai, ids.mainExample.version);
  if (found !== published) throw new Error(`The file's SHA256 is ${found}, but the API says ${published}.`);
}

async function expectNoFile(user: User): Promise<void> {
  if (await user.downloadedSha256()) throw new Error('There is a model file all the same.');
}
