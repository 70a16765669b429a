import { beforeEach, describe, expect } from 'vitest';
import { SorterError } from '../../src/errors.js';
import type { ThreadOptions } from '../../src/sorter/worker-sorter.js';
import { fileSorter } from '../../src/sorter/worker-sorter.js';
import { fileOf, modelOf, versionOf } from '../civitai/samples.js';
import { sandbox as box, offlineTest as it } from '../harness/fixture.js';

const root = '/models';
const good = "({ model: 'a', metadata: 'b', images: 'c', prompts: 'd' })";
const directories = { model: 'a', metadata: 'b', images: 'c', prompts: 'd' };
let said: string[];
beforeEach(() => {
  said = [];
});

const open = async (source: string, thread: Partial<ThreadOptions> = {}, name = 'mine.mjs') =>
  fileSorter(await box.write(name, source), 'mine', {
    timeLimit: 5_000,
    signal: new AbortController().signal,
    say: (line) => said.push(line),
    ...thread,
  });

const model = modelOf(66, { json: { id: 66, name: 'Felt', tags: ['wool'], creator: { username: 'ink' } } });
const version = versionOf(75, { json: { id: 75, name: 'v1', baseModel: 'SD 1.5' } });

async function sortWith(source: string, thread: Partial<ThreadOptions> = {}) {
  const { sort } = await open(source, thread);
  return sort(model, version, fileOf(90, { name: 'felt/v1.safetensors' }), root);
}

/** The error that the file's function leads to. */
async function failure(source: string, thread: Partial<ThreadOptions> = {}): Promise<SorterError> {
  const error: unknown = await sortWith(source, thread).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof SorterError) return error;
  throw new Error(`There is no such error, but ${String(error)}`);
}

describe("a sorter's file", () => {
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
    [
      'a promise that takes its time',
      `export const sortModel = () => new Promise((done) => setTimeout(done, 20, ${good}))`,
    ],
  ])('may return %s', async (_what, source) => {
    expect(await sortWith(source)).toEqual(directories);
  });

  it('can be called .js, with blanks and marks', async () => {
    const { sort } = await open(`export const sortModel = () => ${good}`, {}, 'my #1 sorter?%20é.js');
    expect(await sort(model, version, fileOf(90), root)).toEqual(directories);
    expect(said).toEqual([]);
  });

  it('may import others beside it, and wait at its top', async () => {
    await box.write('other.mjs', `export const answer = ${good}`);
    expect(
      await sortWith("const { answer } = await import('./other.mjs'); export const sortModel = () => answer"),
    ).toEqual(directories);
  });

  it.each([
    ['what it exports', "export const description = 'By creator'", 'By creator'],
    ['one line', "export const description = 'By\\n\\u001b[2Jcreator'", 'By [2Jcreator'],
    ['no more than 300 characters', "export const description = 'x'.repeat(1000)", 'x'.repeat(300)],
    ['none but a text', 'export const description = 66', 'no description'],
    ['none but blanks', "export const description = '  '", 'no description'],
  ])('has as its description %s', async (_what, source, description) => {
    const sorter = await open(`${source}; export const sortModel = () => ${good}`);
    expect(sorter.description).toBe(description);
  });

  it('prints to where it does not disturb', async () => {
    await sortWith(
      `export const sortModel = () => { console.log('one\\ntwo'); console.error('three'); return ${good} }`,
    );
    expect(said.sort()).toEqual(['one', 'three', 'two']);
  });

  it('can not change what is written to disk', async () => {
    await sortWith(
      `export const sortModel = (model) => { model.name = 'x'; delete model.tags; return ${good} }`,
    );
    expect(model.json).toMatchObject({ name: 'Felt', tags: ['wool'] });
  });

  it('remembers nothing of the model before', async () => {
    const { sort } = await open(
      'let count = 0; export const sortModel = () => { const one = String(count++); return [one, one, one, one] }',
    );
    const once = () => sort(model, version, fileOf(90), root);
    expect([(await once()).model, (await once()).model]).toEqual(['0', '0']);
  });
});

describe('a file that is no sorter', () => {
  it.each([
    ['is no JavaScript', 'def sort_model():', /Unexpected|Invalid|missing/],
    ['ends at once', 'process.exit(0)', /it ended without an answer\.$/],
    ['imports what is not there', "import './none.mjs'", /Cannot find module/],
  ])('is refused when it %s', async (_what, source, says) => {
    const opened = open(source);
    await expect(opened).rejects.toBeInstanceOf(SorterError);
    await expect(opened).rejects.toMatchObject({ code: 'bad-sorter' });
    await expect(opened).rejects.toThrow(/^The sorter mine failed: /);
    await expect(opened).rejects.toThrow(says);
  });

  it.each([
    ['never loads', 'for (;;);'],
    ['waits for ever', 'setInterval(() => {}, 1000); await new Promise(() => {})'],
  ])('is given up when it %s', async (_what, source) => {
    await expect(open(source, { timeLimit: 300 })).rejects.toThrow(
      'The sorter mine failed: no answer within 0.3 s.',
    );
  });
});

describe('a sorter that fails', () => {
  it.each([
    ['throws an error', "throw new RangeError('no such creator.')", 'no such creator'],
    ['throws nothing', 'throw undefined', 'undefined'],
    ['throws what can not be sent', "throw Symbol('tea')", 'Symbol(tea)'],
    [
      'reads what is not there',
      'return model.none.name',
      "Cannot read properties of undefined (reading 'name')",
    ],
    ['throws control characters', "throw new Error('a\\u001b[2J\\nb')", 'a [2J b'],
    ['throws very much', "throw new Error('x'.repeat(10_000))", 'x'.repeat(300)],
    ['ends the program', 'process.exit(0)', 'it ended without an answer'],
    ['never answers', 'return new Promise(() => {})', 'it ended without an answer'],
  ])('by itself says why: it %s', async (_what, body, reason) => {
    const error = await failure(`export function sortModel(model) { ${body} }`);
    expect(error.code).toBe('sorter-failed');
    expect(error.message).toBe(`The sorter mine failed: ${reason}.`);
  });

  it.each([
    ['an endless loop', 'for (;;);'],
    ['a timer of an hour', 'return new Promise((done) => setTimeout(done, 3_600_000))'],
  ])('to answer is given up: %s', async (_what, body) => {
    const error = await failure(`export function sortModel() { ${body} }`, { timeLimit: 500 });
    expect(error.message).toBe('The sorter mine failed: no answer within 0.5 s.');
  });

  it.each([
    ['a function', '() => {}', 'model'],
    ['no prompts', "({ model: 'a', metadata: 'b', images: 'c' })", 'prompts'],
  ])('because it returns %s says what is missing', async (_what, returned, missing) => {
    const error = await failure(`export const sortModel = () => { return ${returned} }`);
    expect(error.code).toBe('sorter-failed');
    expect(error.message).toContain(`The sorter mine returned no text for '${missing}'`);
  });

  it('because it returns a circle says so', async () => {
    const error = await failure('export const sortModel = () => { const a = {}; a.a = a; return a }');
    expect(error.message).toContain('The sorter mine failed: Converting circular structure');
  });

  it('ends with the run', async () => {
    const controller = new AbortController();
    const reason = new Error('the user has enough');
    const sorting = sortWith('export const sortModel = () => { console.log("there"); for (;;); }', {
      signal: controller.signal,
      say: () => controller.abort(reason),
    });
    await expect(sorting).rejects.toBe(reason);
    await expect(open(`export const sortModel = () => ${good}`, { signal: controller.signal })).rejects.toBe(
      reason,
    );
  });
});
