import { readFile, writeFile } from 'node:fs/promises';
import fc from 'fast-check';
import { describe, expect } from 'vitest';
import { failedList, openFailedFile } from '../../../src/cli/commands/retry.js';
import { readSources, type Sources } from '../../../src/download/sources.js';
import {
  AccessError,
  FileSystemError,
  NetworkError,
  NotFoundError,
  RateLimitError,
  UsageError,
} from '../../../src/errors.js';
import { offlineTest as it, sandbox } from '../../harness/fixture.js';
import { done, failed, notStarted } from '../report/outcomes.js';

const broken = new NetworkError('broken', 'The connection broke.');
const missing = new NotFoundError('not-found', 'Model 67 was not found.');
const limit = new RateLimitError('daily-limit', 'The limit of the day is reached.');
const wrong = {
  ...failed(new UsageError('bad-source', "'no, such' is no source."), 'no such thing'),
  subject: { text: 'no such thing', origin: { file: 'list.txt', line: 2 } },
};

async function opened() {
  const at = { cwd: sandbox.dir, home: sandbox.path('home') };
  return { sandbox, at, file: await openFailedFile('failed.txt', at) };
}

describe('the list of failures', () => {
  it('has the reason above each source, and apart as comments what can never work', () => {
    const outcomes = [
      wrong,
      failed(missing, '67'),
      failed(broken, '66'),
      failed(broken, '66'),
      notStarted(limit, '68@1'),
    ];
    expect(failedList(outcomes, ['now: civitdl 67 models']).split('\n')).toEqual([
      '# What failed in a run of civitdl',
      '# now: civitdl 67 models',
      '#',
      '# The connection broke.',
      '66',
      '# not started: The limit of the day is reached.',
      '68@1',
      '#',
      '# These can never work:',
      "# list.txt:2: 'no, such' is no source.",
      '# no such thing',
      '# Model 67 was not found.',
      '# 67',
      '',
    ]);
  });

  it('has a source of which one file may work', () => {
    const disabled = new AccessError('downloads-disabled', 'Its creator has disabled downloads.');
    const lines = failedList([failed(disabled, '66'), failed(broken, '66')], []).split('\n');
    expect(lines.slice(2)).toEqual(['# The connection broke.', '66', '']);
  });

  it('is read as the listed sources, whatever the messages contain', async () => {
    const source = fc.oneof(
      fc.integer({ min: 1, max: 1e7 }).map(String),
      fc
        .tuple(fc.integer({ min: 1 }), fc.integer({ min: 1 }))
        .map(([model, version]) => `${model}@${version}`),
      fc
        .integer({ min: 1 })
        .map((id) => `https://civitai.com/models/${id}/a-slug?modelVersionId=${id}#reviews`),
    );
    const failure = fc.record({
      source,
      message: fc.string({ unit: fc.constantFrom(...'a1 ,#\n\r\t\u0085\u2028\u001b🦊') }),
      later: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(failure, { minLength: 1 }), async (failures) => {
        const outcomes = failures.map((one) =>
          one.later
            ? notStarted(new NotFoundError('not-found', one.message), one.source)
            : failed(new NetworkError('broken', one.message), one.source),
        );
        const content = Buffer.from(failedList(outcomes, ['x']));
        const reader = { readFile: async () => content, readStdin: async () => content, cwd: '/', home: '/' };
        const all = await readSources(['./failed.txt'], reader);
        const given = await readSources(
          failures.map((one) => one.source),
          reader,
        );
        expect(all.invalid).toEqual([]);
        const named = ({ requests }: Sources) => requests.map(({ text, origin, ...read }) => read);
        expect(named(all)).toEqual(named(given));
      }),
    );
  });
});

describe('the file of --failed', () => {
  it('is written, replaced, and removed when nothing fails any more', async () => {
    const { sandbox, file } = await opened();
    expect(await file.write([failed(missing, '67'), done()], [])).toBe(true);
    expect(await file.write([failed(missing, '67'), failed(broken, '68')], [])).toBe(true);
    expect(String(await sandbox.read('failed.txt'))).toMatch(/\n68\n#\n# These can never work:\n.*\n# 67\n$/);
    expect(await file.write([done()], [])).toBe(false);
    expect(await sandbox.tree('.')).toEqual([]);
    expect(await file.write([done()], [])).toBe(false);
  });

  it('may exist and be empty, as after mktemp', async () => {
    const { sandbox, at } = await opened();
    await sandbox.write('empty.txt', '');
    const file = await openFailedFile('empty.txt', at);
    expect(await file.write([failed(missing)], [])).toBe(true);
  });

  it.each([
    ['a file of the user', 'list.txt', 'the file already exists and was not written by --failed'],
    ['a folder', 'home', 'it is a folder'],
  ])('never replaces %s', async (_what, name, why) => {
    const { sandbox, at } = await opened();
    await sandbox.write('list.txt', '# Mine\n66\n');
    const opening = openFailedFile(name, at);
    await expect(opening).rejects.toThrow(UsageError);
    await expect(opening).rejects.toThrow(why);
    expect(await readFile(sandbox.path('list.txt'), 'utf8')).toBe('# Mine\n66\n');
  });

  it('does not replace a file that was created during the run', async () => {
    const { sandbox, file } = await opened();
    await writeFile(sandbox.path('failed.txt'), 'mine');
    await expect(file.write([failed(missing)], [])).rejects.toThrow(FileSystemError);
    await expect(file.write([done()], [])).rejects.toThrow(FileSystemError);
    expect(String(await sandbox.read('failed.txt'))).toBe('mine');
  });
});
