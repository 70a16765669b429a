import { beforeEach, describe, expect } from 'vitest';
import { SorterError } from '../../src/errors.js';
import { loadWorkerSorter, type SorterWorkerOptions } from '../../src/sorter/worker-sorter.js';
import { fileOf, modelOf, versionOf } from '../civitai/samples.js';
import { offlineTest as it, sandbox } from '../harness/fixture.js';

const root = '/models';
const good = "({ model: 'a', metadata: 'b', images: 'c', prompts: 'd' })";
const directories = { model: 'a', metadata: 'b', images: 'c', prompts: 'd' };
let printed: string[];
beforeEach(() => {
  printed = [];
});

const open = async (source: string, options: Partial<SorterWorkerOptions> = {}, name = 'mine.mjs') =>
  loadWorkerSorter(await sandbox.write(name, source), 'mine', {
    env: { PATH: process.env.PATH },
    timeoutMs: 5_000,
    signal: new AbortController().signal,
    onLine: (line) => printed.push(line),
    ...options,
  });

const model = modelOf(66, { json: { id: 66, name: 'Felt', tags: ['wool'], creator: { username: 'ink' } } });
const version = versionOf(75, { json: { id: 75, name: 'v1', baseModel: 'SD 1.5' } });

async function sortWith(source: string, options: Partial<SorterWorkerOptions> = {}) {
  const { sort } = await open(source, options);
  return sort(model, version, fileOf(90, { name: 'felt/v1.safetensors' }), root);
}

/** Returns the error of sorting. */
async function failure(source: string, options: Partial<SorterWorkerOptions> = {}): Promise<SorterError> {
  const error: unknown = await sortWith(source, options).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof SorterError) return error;
  throw new Error(`Expected a SorterError, got ${String(error)}`);
}

describe('a sorter file', () => {
  it('gets the JSON of the API, a safe file name and the root directory', async () => {
    const source = `export function sortModel(...given) {
      const text = JSON.stringify(given);
      return { model: text, metadata: text, images: text, prompts: text };
    }`;
    const { model: given } = await sortWith(source);
    expect(JSON.parse(given)).toEqual([model.json, version.json, 'felt_v1.safetensors', root]);
  });

  it.each([
    ['an object', `export const sortModel = () => ${good}`],
    ['a list', "export const sortModel = () => ['a', 'b', 'c', 'd']"],
    ['a slow promise', `export const sortModel = () => new Promise((done) => setTimeout(done, 20, ${good}))`],
  ])('may return %s', async (_what, source) => {
    expect(await sortWith(source)).toEqual(directories);
  });

  it('can be a .js file with special characters in its name', async () => {
    const { sort } = await open(`export const sortModel = () => ${good}`, {}, 'my #1 sorter?%20é.js');
    expect(await sort(model, version, fileOf(90), root)).toEqual(directories);
    expect(printed).toEqual([]);
  });

  it('may import other files, with top-level await', async () => {
    await sandbox.write('other.mjs', `export const answer = ${good}`);
    expect(
      await sortWith("const { answer } = await import('./other.mjs'); export const sortModel = () => answer"),
    ).toEqual(directories);
  });

  it.each([
    ['its export', "export const description = 'By creator'", 'By creator'],
    ['one line', "export const description = 'By\\n\\u001b[2Jcreator'", 'By [2Jcreator'],
    ['no more than 300 characters', "export const description = 'x'.repeat(1000)", 'x'.repeat(300)],
    ['only a text', 'export const description = 66', 'no description'],
    ['a default for blanks', "export const description = '  '", 'no description'],
  ])('has %s as its description', async (_what, source, description) => {
    const sorter = await open(`${source}; export const sortModel = () => ${good}`);
    expect(sorter.description).toBe(description);
  });

  it('prints through the callback', async () => {
    await sortWith(
      `export const sortModel = () => { console.log('one\\ntwo'); console.error('three'); return ${good} }`,
    );
    expect(printed.sort()).toEqual(['one', 'three', 'two']);
  });

  it('cannot change the JSON to be written', async () => {
    await sortWith(
      `export const sortModel = (model) => { model.name = 'x'; delete model.tags; return ${good} }`,
    );
    expect(model.json).toMatchObject({ name: 'Felt', tags: ['wool'] });
  });

  it('keeps no state between models', async () => {
    const { sort } = await open(
      'let count = 0; export const sortModel = () => { const one = String(count++); return [one, one, one, one] }',
    );
    const once = () => sort(model, version, fileOf(90), root);
    expect([(await once()).model, (await once()).model]).toEqual(['0', '0']);
  });
});

describe('an invalid sorter file', () => {
  it.each([
    ['is not JavaScript', 'def sort_model():', /Unexpected|Invalid|missing/],
    ['ends immediately', 'process.exit(0)', /it ended without a result\.$/],
    ['imports a missing file', "import './none.mjs'", /Cannot find module/],
  ])('is refused if it %s', async (_what, source, says) => {
    const opened = open(source);
    await expect(opened).rejects.toBeInstanceOf(SorterError);
    await expect(opened).rejects.toMatchObject({ code: 'bad-sorter' });
    await expect(opened).rejects.toThrow(/^The sorter mine failed: /);
    await expect(opened).rejects.toThrow(says);
  });

  it.each([
    ['never loads', 'for (;;);'],
    ['waits forever', 'setInterval(() => {}, 1000); await new Promise(() => {})'],
  ])('times out if it %s', async (_what, source) => {
    await expect(open(source, { timeoutMs: 300 })).rejects.toThrow(
      'The sorter mine failed: no result within 0.3 s.',
    );
  });
});

describe('a sorter that fails', () => {
  it.each([
    ['throws an error', "throw new RangeError('no such creator.')", 'no such creator'],
    ['throws undefined', 'throw undefined', 'undefined'],
    ['throws a value that cannot be cloned', "throw Symbol('tea')", 'Symbol(tea)'],
    [
      'reads a property of undefined',
      'return model.none.name',
      "Cannot read properties of undefined (reading 'name')",
    ],
    ['throws control characters', "throw new Error('a\\u001b[2J\\nb')", 'a [2J b'],
    ['throws a long message', "throw new Error('x'.repeat(10_000))", 'x'.repeat(300)],
    ['ends the program', 'process.exit(0)', 'it ended without a result'],
    ['never returns', 'return new Promise(() => {})', 'it ended without a result'],
  ])('has the reason in its message: it %s', async (_what, body, reason) => {
    const error = await failure(`export function sortModel(model) { ${body} }`);
    expect(error.code).toBe('sorter-failed');
    expect(error.message).toBe(`The sorter mine failed: ${reason}.`);
  });

  it.each([
    ['an endless loop', 'for (;;);'],
    ['a timer of an hour', 'return new Promise((done) => setTimeout(done, 3_600_000))'],
  ])('times out: %s', async (_what, body) => {
    const error = await failure(`export function sortModel() { ${body} }`, { timeoutMs: 500 });
    expect(error.message).toBe('The sorter mine failed: no result within 0.5 s.');
  });

  it.each([
    ['a function', '() => {}', 'model'],
    ['no prompts', "({ model: 'a', metadata: 'b', images: 'c' })", 'prompts'],
  ])('by returning %s has the missing property in its message', async (_what, returned, missing) => {
    const error = await failure(`export const sortModel = () => { return ${returned} }`);
    expect(error.code).toBe('sorter-failed');
    expect(error.message).toContain(`The sorter mine did not return a string for '${missing}'.`);
  });

  it('by returning a circular object has the reason in its message', async () => {
    const error = await failure('export const sortModel = () => { const a = {}; a.a = a; return a }');
    expect(error.message).toContain('The sorter mine failed: Converting circular structure');
  });

  it('ends with the run', async () => {
    const controller = new AbortController();
    const reason = new Error('stopped');
    const sorting = sortWith('export const sortModel = () => { console.log("there"); for (;;); }', {
      signal: controller.signal,
      onLine: () => controller.abort(reason),
    });
    await expect(sorting).rejects.toBe(reason);
    await expect(open(`export const sortModel = () => ${good}`, { signal: controller.signal })).rejects.toBe(
      reason,
    );
  });
});
