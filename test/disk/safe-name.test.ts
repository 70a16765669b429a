import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import fc from 'fast-check';
import { describe, expect } from 'vitest';
import { caseKey, fitName, safeName, splitName } from '../../src/disk/safe-name.js';
import { corpusModelNames, corpusModels, hasCorpus, noCorpus } from '../civitai/corpus.js';
import { offlineTest as it, sandbox } from '../harness/fixture.js';
import { processorMs } from '../harness/processor-time.js';
import { fileNameProblems } from './file-name-rules.js';

const fallback = 'nameless';
const safe = (text: string) => safeName(text, fallback);
const zalgo = `a${'\u0301'.repeat(400)}`;

/** Returns the problems of the name that a text becomes. */
function problemsOf(text: string): readonly string[] {
  const name = safe(text);
  return [...fileNameProblems(name), ...(safe(name) === name ? [] : ['changes the second time'])];
}

function expectSafe(text: string): void {
  expect(problemsOf(text)).toEqual([]);
}

describe('an ordinary name', () => {
  it.each([
    'anythingV3_fp16.ckpt',
    'PaperLantern-v2.safetensors',
    'a b (c) [d] {e} & f!.pt',
    "it's, 100% #1 @home + ~$=^`;.bin",
    '.hidden',
    'no extension',
    'two.dots.tar.gz',
    '美露莘 妖精骑士.safetensors',
    'Ünïcödé.ckpt',
    'مدل فارسی\u200cنیم.pt',
    '👩‍👩‍👧‍👦 family.safetensors',
    'ᗜ ‸ ᗜ',
    'console.txt',
    'common.ckpt',
    'auxiliary',
    'com10.txt',
    'my con.txt',
    'x'.repeat(255),
  ])('stays as it is: %s', (name) => {
    expect(safe(name)).toBe(name);
    expectSafe(name);
  });
});

describe('a hostile name', () => {
  it.each([
    ['../../x', '.._.._x'],
    ['/etc/passwd', '_etc_passwd'],
    ['..', fallback],
    ['.', fallback],
    ['C:\\x', 'C__x'],
    ['a<b>c:d"e|f?g*h', 'a_b_c_d_e_f_g_h'],
    ['a\0b.ckpt', 'ab.ckpt'],
    ['\u001b[31mred\u0007.pt', '[31mred.pt'],
    ['a\r\nb', 'ab'],
    ['a\u0085b\u2028c\u2029d', 'abcd'],
    ['CON', '_CON'],
    ['con.txt', '_con.txt'],
    ['nul', '_nul'],
    ['aux .tar', '_aux .tar'],
    ['Prn.tar.gz', '_Prn.tar.gz'],
    ['COM¹', '_COM¹'],
    ['lpt9.safetensors', '_lpt9.safetensors'],
    ['CONIN$', '_CONIN$'],
    ['co\u200en', '_con'],
    [' con ', '_con'],
    ['name. . .', 'name'],
    ['name .safetensors ', 'name .safetensors'],
    ['   x', 'x'],
    ['\u3000x\u00a0', 'x'],
    ['', fallback],
    ['     ', fallback],
    ['........', fallback],
    [' . . ', fallback],
    ['\u202e\u202d\u200f', fallback],
    ['gpj.\u202eexe.ckpt', 'gpj.exe.ckpt'],
    ['\ud800x\udc00', '\ufffdx\ufffd'],
    ['a\ufeffb\u200bc', 'abc'],
    ['Cafe\u0301.pt', 'Caf\u00e9.pt'],
    ['e\u200b\u0301', '\u00e9'],
    ['か\u3099', 'が'],
    ['a<\u0338b', 'a≮b'],
  ])('becomes harmless: %j', (text, name) => {
    expect(safe(text)).toBe(name);
    expectSafe(text);
  });

  it.each([
    ['300 letters', `${'x'.repeat(300)}.safetensors`],
    ['300 emoji', `${'🦊'.repeat(300)}.safetensors`],
    ['300 letters of two bytes', `${'ж'.repeat(300)}.safetensors`],
    ['a family of emoji, many times', `${'👩‍👩‍👧‍👦'.repeat(50)}.safetensors`],
    ['one letter with 400 marks', `${zalgo}.safetensors`],
    ['blanks at the place of the cut', `${'x'.repeat(200)}${' '.repeat(100)}.safetensors`],
    ['dots at the place of the cut', `${'x'.repeat(200)}${'.'.repeat(100)}.safetensors`],
    ['2,000 letters', `${'x'.repeat(2_000)}.safetensors`],
    ['100,000 letters', `${'x'.repeat(100_000)}.safetensors`],
  ])('is cut and keeps its extension: %s', (_what, text) => {
    const name = safe(text);
    expect(name).toMatch(/^.+\.safetensors$/u);
    expect(Buffer.byteLength(name)).toBeGreaterThan(200);
    expectSafe(text);
  });

  it('is cut between visible characters', () => {
    const family = '👩‍👩‍👧‍👦';
    expect(safe(family.repeat(50))).toBe(family.repeat(10));
    expect(safe(`${'q\u0301'.repeat(200)}.pt`)).toBe(`${'q\u0301'.repeat(84)}.pt`);
  });

  it('has no extension if the text after its last dot is too long', () => {
    expect(safe(`a.${'x'.repeat(400)}`)).toBe(`a.${'x'.repeat(253)}`);
  });

  it('leaves room for the prefix of a device', () => {
    expect(safe(`con.${'x'.repeat(251)}`)).toBe(`_con.${'x'.repeat(250)}`);
    expect(safe(`con.${'.x'.repeat(125)}x`)).toMatch(/^_con\..*\.xx$/);
    expectSafe(`con.${'x'.repeat(249)} x`);
  });

  it.each([
    ['10,000 dots', '.'.repeat(10_000)],
    ['a million blanks', ' '.repeat(1_000_000)],
    ['blanks and dots between letters', `${'. '.repeat(500_000)}x`],
    ['a million marks', 'a\u0301'.repeat(500_000)],
  ])('takes no time: %s', (_what, text) => {
    expect(processorMs(() => safe(text))).toBeLessThan(200);
    expectSafe(text);
  });
});

describe('any text at all', () => {
  const hostile = fc
    .array(
      fc.oneof(
        fc.string({ unit: 'binary', maxLength: 8 }),
        fc.constantFrom(
          '.',
          ' ',
          '..',
          '/',
          '\\',
          'con',
          'NUL',
          'aux',
          '\u202e',
          '\ud83e',
          '\u0301',
          '.tar',
          '🦊',
          'x'.repeat(90),
        ),
      ),
      { maxLength: 12 },
    )
    .map((parts) => parts.join(''));

  it.each([
    ['of code points', fc.string({ unit: 'binary', maxLength: 300, size: 'max' }), 300],
    ['of characters', fc.string({ unit: 'grapheme', maxLength: 200, size: 'max' }), 200],
    ['of the worst parts', hostile, 800],
  ])('%s becomes a safe name, the same a second time', (_what, texts, numRuns) => {
    fc.assert(fc.property(texts, expectSafe), { numRuns });
  });

  it('becomes a name that can be created', async () => {
    const texts = fc.sample(fc.oneof(hostile, fc.string({ unit: 'binary' })), 150);
    await createAll(sandbox.path('names'), distinct(texts.map(safe)));
  });
});

describe('real names', () => {
  const fileNames = () =>
    corpusModels().flatMap((line) =>
      [...line.matchAll(/\{"name": ("(?:[^"\\]|\\.)*"), "id"/g)].map(([, name]) =>
        String(JSON.parse(name ?? '')),
      ),
    );

  it('of models become safe and can be created', async ({ skip }) => {
    skip(!hasCorpus, noCorpus);
    const names = corpusModelNames();
    expect(names.length).toBe(5_759);
    expect(names.filter((name) => problemsOf(name).length > 0)).toEqual([]);
    await createAll(sandbox.path('names'), distinct(names.map(safe)));
  });

  it('of files change only if a system does not allow them', ({ skip }) => {
    skip(!hasCorpus, noCorpus);
    const names = fileNames();
    expect(names.length).toBe(814);
    expect(names.filter((name) => problemsOf(name).length > 0)).toEqual([]);
    const changed = names.filter((name) => safe(name) !== name);
    expect(changed.filter((name) => fileNameProblems(name).length === 0)).toEqual([]);
  });
});

/** Returns one of the names that are one file on systems that ignore case. */
function distinct(names: readonly string[]): ReadonlySet<string> {
  return new Set(new Map(names.map((name) => [caseKey(name), name])).values());
}

/** Creates a file of each name in one folder. */
async function createAll(folder: string, names: ReadonlySet<string>): Promise<void> {
  await mkdir(folder);
  await Promise.all([...names].map((name) => writeFile(`${folder}/${name}`, '')));
  expect(new Set(await readdir(folder))).toEqual(names);
  await rm(folder, { recursive: true });
}

describe('splitting a name', () => {
  it.each([
    ['a.ckpt', 'a', '.ckpt'],
    ['a.b.ckpt', 'a.b', '.ckpt'],
    ['.hidden', '.hidden', ''],
    ['none', 'none', ''],
    ['a.', 'a', '.'],
    ['', '', ''],
    [`a.${'x'.repeat(31)}`, 'a', `.${'x'.repeat(31)}`],
    [`a.${'x'.repeat(32)}`, `a.${'x'.repeat(32)}`, ''],
    [`a.${'ж'.repeat(16)}`, `a.${'ж'.repeat(16)}`, ''],
  ])('%j gives %j and %j', (name, stem, extension) => {
    expect(splitName(name)).toEqual({ stem, extension });
  });
});

describe('a suffix', () => {
  const suffix = '-mid_66-vid_75.ckpt';

  it('follows the stem', () => {
    expect(fitName('anythingV3_fp16', suffix)).toBe(`anythingV3_fp16${suffix}`);
  });

  it('shortens the stem if both are too long', () => {
    const name = fitName('🦊'.repeat(63), suffix);
    expect(name).toBe(`${'🦊'.repeat(59)}${suffix}`);
    expect(fileNameProblems(name)).toEqual([]);
  });
});

describe('a stem and a suffix', () => {
  it.each([
    ['ends within a suffix that is too long on its own', 'a', `-mid_66-vid_75.${'x'.repeat(300)}`],
    ['ends with the extension of a suffix that is too long', 'a', `-${'🦊'.repeat(100)}.ckpt`],
    ['is no device after the cut', `conx${'\u0300'.repeat(122)}`, '.safetensors'],
    ['does not end with a dot after the cut', `${'x'.repeat(254)}.y`, ''],
  ])('make a safe name that %s', (_what, stem, suffix) => {
    expect(fileNameProblems(fitName(stem, suffix))).toEqual([]);
  });

  it('keep the extension of a suffix that is too long', () => {
    expect(fitName('a', `-${'x'.repeat(300)}.ckpt`)).toBe(`-${'x'.repeat(249)}.ckpt`);
  });

  it('make a safe name with the whole suffix, whatever the stem', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300, size: 'max' }), (text) => {
        const suffix = '-mid_2147483647-vid_2147483647-fid_2147483647.safetensors';
        const name = fitName(splitName(safe(text)).stem, suffix);
        expect(name.endsWith(suffix)).toBe(true);
        expect(fileNameProblems(name)).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });
});

describe('names that are one file on some systems', () => {
  it.each([
    ['a', 'A'],
    ['straße', 'STRASSE'],
    ['é', 'e\u0301'],
    ['Σ', 'ς'],
    ['ﬁ', 'FI'],
  ])('have the same key: %s and %s', (one, other) => {
    expect(caseKey(one)).toBe(caseKey(other));
  });

  it('are different if they differ otherwise', () => {
    expect(caseKey('a')).not.toBe(caseKey('b'));
    expect(caseKey('e')).not.toBe(caseKey('é'));
  });
});
