import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { retryCommand, retryLines } from '../../../src/cli/commands/retry.js';
import {
  AccessError,
  ContentError,
  FileSystemError,
  NetworkError,
  NotFoundError,
  ServerError,
  UsageError,
} from '../../../src/errors.js';
import { done, failed, notStarted } from '../report/outcomes.js';

const typed = { root: './models', options: {}, askKey: false };

const broken = new NetworkError('broken', 'x');
const missing = new NotFoundError('not-found', 'x');

/** The words of a command, as a shell splits it. */
function shellWords(command: string): readonly string[] {
  const text = execFileSync('sh', ['-c', `printf '%s\\0' ${command}`], { encoding: 'utf8' });
  return text.split('\0').slice(0, -1);
}

describe('the retry command', () => {
  it.each([
    ['has the typed sources and root directory', ['66', '67'], typed, 'civitdl 66 67 ./models'],
    ['names each source once', ['66', '67', '66'], typed, 'civitdl 66 67 ./models'],
    [
      'has the same --file',
      ['66'],
      { ...typed, file: 'Training Data' },
      "civitdl 66 ./models --file 'Training Data'",
    ],
    ['asks for the key again', ['66'], { ...typed, askKey: true }, 'civitdl 66 ./models -k'],
    [
      'has the same options, including zero and off',
      ['66'],
      { ...typed, options: { maxImages: 0, withPrompt: false, modelOverwrite: true, pauseTime: 0.5 } },
      'civitdl 66 ./models --max-images 0 --no-with-prompt --pause-time 0.5 --model-overwrite',
    ],
    ['leaves a home folder to the shell', ['66'], { ...typed, root: '~/models' }, 'civitdl 66 ~/models'],
    ['quotes a blank', ['66'], { ...typed, root: 'my models' }, "civitdl 66 'my models'"],
    ['quotes a quotation mark', ['66'], { ...typed, root: "it's" }, "civitdl 66 'it'\\''s'"],
    ['quotes an empty word', ['66'], { ...typed, root: '' }, "civitdl 66 ''"],
    [
      'quotes special characters of a shell',
      ['https://civitai.com/models/66?modelVersionId=75&a=$(b)'],
      typed,
      "civitdl 'https://civitai.com/models/66?modelVersionId=75&a=$(b)' ./models",
    ],
    [
      'quotes nothing that needs no quotes',
      ['urn:air:sdxl:lora:civitai:827184@2514310+3', '66@75'],
      typed,
      'civitdl urn:air:sdxl:lora:civitai:827184@2514310+3 66@75 ./models',
    ],
    ['has no control characters', ['a\u001b[2J\nb'], typed, "civitdl 'a [2J b' ./models"],
  ])('%s', (_what, sources, given, command) => {
    expect(retryCommand(sources, given)).toBe(command);
  });

  it.each<readonly [what: string, words: readonly [string, ...string[]], command: string]>([
    ['a path', ['66', 'C:\\models'], 'civitdl 66 C:\\models'],
    ['a home folder', ['66', '~\\models'], 'civitdl 66 ~\\models'],
    ['a blank', ['66', 'C:\\my models'], 'civitdl 66 "C:\\my models"'],
    ['a backslash at the end', ['66', 'C:\\my models\\'], 'civitdl 66 "C:\\my models\\\\"'],
    ['a quotation mark', ['a "b"', 'm'], 'civitdl "a \\"b\\"" m'],
    ['a backslash before a quotation mark', ['a\\"b', 'm'], 'civitdl "a\\\\\\"b" m'],
    ['a single quotation mark', ["it's", 'm'], 'civitdl "it\'s" m'],
    ['an empty word', ['66', ''], 'civitdl 66 ""'],
    ['an alias, which PowerShell would replace', ['66', '@models'], 'civitdl 66 "@models"'],
    ['a version, and a list', ['66@75', '1,2', 'm'], 'civitdl "66@75" "1,2" m'],
    ['characters of cmd', ['a&b|c', '(x)', 'm'], 'civitdl "a&b|c" "(x)" m'],
  ])('has %s as the shells of Windows need it', (_what, words, command) => {
    const root = words.at(-1) ?? '';
    expect(retryCommand(words.slice(0, -1), { ...typed, root }, '\\')).toBe(command);
  });

  it('is split by a shell into the same words', () => {
    const words = fc.array(
      fc.string({ unit: fc.constantFrom(...`ab1 '"\\$\`!*?[]{}()<>|&;#~=%@:,./-+é🦊`), minLength: 1 }),
      {
        minLength: 60,
        maxLength: 60,
      },
    );
    const [sources = []] = fc.sample(words, 1);
    const plain = [
      ...new Set(sources.map((word) => word.trim()).filter((word) => word !== '' && !word.startsWith('~'))),
    ];
    expect(shellWords(retryCommand(plain, typed))).toEqual(['civitdl', ...plain, './models']);
  });
});

describe('the lines about a retry', () => {
  const sources = ['list.txt'];
  const many = Array.from({ length: 21 }, (_, index) => failed(broken, String(index + 1)));

  it('have a command with what failed and what was not started', () => {
    const outcomes = [done(), failed(broken, '67'), notStarted(missing, '68')];
    expect(retryLines(outcomes, { ...typed, sources, forceSpace: true })).toEqual([
      'To retry what failed:',
      '  civitdl 67 68 ./models --force-space',
    ]);
  });

  const finals = [
    ['an invalid source', new UsageError('bad-source', 'x')],
    ['a deleted model', missing],
    ['an archived model', new NotFoundError('archived', 'x')],
    ['a picture that names no model', new NotFoundError('no-models', 'x')],
    ['a version of another model', new NotFoundError('not-found', 'y')],
    ['disabled downloads', new AccessError('downloads-disabled', 'x')],
  ] as const;

  it.each(finals)('are empty if nothing failed but %s', (_what, error) => {
    expect(retryLines([done(), failed(error, '66')], { ...typed, sources })).toEqual([]);
  });

  it.each(finals)('name %s apart from the command', (_what, error) => {
    const outcomes = [failed(error, '66'), failed(broken, '67'), failed(error, '66')];
    expect(retryLines(outcomes, { ...typed, sources })).toEqual([
      'Not retried, because it can never work: 66',
      'To retry what failed:',
      '  civitdl 67 ./models',
    ]);
  });

  it.each([
    ['a missing file, whose storage may be away', new NotFoundError('file-not-found', 'x')],
    ['a version without files so far', new NotFoundError('no-such-file', 'x')],
    ['early access', new AccessError('early-access', 'x')],
    ['a missing key', new AccessError('key-missing', 'x')],
    ['no access', new AccessError('no-access', 'x')],
    ['the guard of the site', new ServerError('guarded', 'x')],
    ['a wrong checksum', new ContentError('wrong-checksum', 'x')],
    ['a full disk', new FileSystemError('no-space', 'x')],
    ['an unexpected error', new TypeError('x')],
  ])('have a command after %s', (_what, error) => {
    expect(retryLines([failed(error, '66')], { ...typed, sources })).toHaveLength(2);
  });

  it('have a command with the file of --failed', () => {
    expect(retryLines(many, { ...typed, sources, failed: 'my list.txt' })).toEqual([
      'To retry what failed:',
      "  civitdl 'my list.txt' ./models --failed 'my list.txt'",
    ]);
  });

  it('have a command that writes such a file if too many sources failed', () => {
    expect(retryLines(many.slice(1), { ...typed, sources }).at(-1)).toMatch(
      /^ {2}civitdl 2 3 4 .* 21 \.\/models$/,
    );
    expect(retryLines(many, { ...typed, sources })).toEqual([
      expect.stringContaining('To retry what failed (21 sources), with a list of what fails again'),
      '  civitdl list.txt ./models --failed failed.txt',
    ]);
  });
});
