import { stripVTControlCharacters } from 'node:util';
import { expect } from 'vitest';
import { civitai, it, sandbox } from '../harness/fixture.js';
import { open } from '../harness/terminal.js';
import { modelsOf } from './listed-models.js';

const COUNT = 21;
const ESC = String.fromCharCode(27);
const TITLES = new RegExp(`${ESC}\\][^${ESC}]*${ESC}\\\\`, 'g');

it.override('serverOptions', { models: modelsOf('inkmaker', COUNT) });

const args = ['user:inkmaker', 'models', '-i', '0', '--pause-time', '0', '--failed', 'failed.txt'];
const QUESTION = `Download ${COUNT} models? [y/N] `;
const ask = async (columns = 100) => {
  const terminal = open('civitdl', args, sandbox, { columns });
  await terminal.shows(QUESTION);
  return terminal;
};
const models = async () => (await sandbox.tree()).filter((name) => name.endsWith('.safetensors'));

/** Expects that nothing was written or requested but the list. */
async function expectNothingDone(): Promise<void> {
  expect(civitai.requests.map(({ route }) => route)).toEqual(['models']);
  expect(await sandbox.tree('.')).toEqual([]);
}

it('downloads the models of a list after a yes', async () => {
  const terminal = await ask();
  await expectNothingDone();
  terminal.type('y\r');
  expect(await terminal.ended).toBe(0);
  expect(await models()).toHaveLength(COUNT);
  // The bars come after the answer.
  expect(terminal.text.indexOf(QUESTION)).toBeLessThan(terminal.text.indexOf('Lantern '));
});

it.each([
  ['a no', 'n\r', 'Nothing was downloaded.'],
  ['an empty answer', '\r', 'Nothing was downloaded.'],
  ['Ctrl-C', '\x03', 'Interrupted.'],
  ['Ctrl-D', '\x04', 'Interrupted.'],
])('does nothing after %s, and ends with 130', async (_what, keys, message) => {
  const terminal = await ask();
  terminal.type(keys);
  expect(await terminal.ended).toBe(130);
  expect(terminal.text.trimEnd().endsWith(message)).toBe(true);
  await expectNothingDone();
});

it.each([30, 45, 80])('fits a terminal of %i columns', async (columns) => {
  const terminal = await ask(columns);
  // The title of the window takes no columns.
  const shown = stripVTControlCharacters(terminal.output.replace(TITLES, ''));
  const lines = shown.split(/\r?\n/);
  for (const line of lines) expect(line.length, line).toBeLessThan(columns + 1);
  expect(lines.join(' ')).toMatch(/to download:? +21/);
  terminal.type('n\r');
  expect(await terminal.ended).toBe(130);
});

it('is not asked with --yes', async () => {
  const terminal = open('civitdl', [...args, '-y'], sandbox);
  expect(await terminal.ended).toBe(0);
  expect(terminal.text).not.toContain('[y/N]');
  expect(terminal.text).toContain('to download');
  expect(await models()).toHaveLength(COUNT);
});
