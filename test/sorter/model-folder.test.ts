import { mkdir, readdir } from 'node:fs/promises';
import fc from 'fast-check';
import { describe, expect } from 'vitest';
import { caseKey } from '../../src/disk/safe-name.js';
import { modelFolder } from '../../src/sorter/model-folder.js';
import { corpusModelNames, corpusModels, hasCorpus, noCorpus } from '../civitai/corpus.js';
import { anyCharacter } from '../disk/any-text.js';
import { fileNameProblems } from '../disk/file-name-rules.js';
import { offlineTest as it, sandbox } from '../harness/fixture.js';
import { processorMs } from '../harness/processor-time.js';

/** The documented rule, character by character and independent of the code under test. */
function documentedFolder(name: string): string {
  const replacements: Readonly<Record<string, string>> = { '<': '(', '>': ')', ':': ',', '"': '-', '?': '.' };
  const characters = [...name].map((one) => replacements[one] ?? ('/\\|*'.includes(one) ? '&' : one));
  const isMark = (one = 'x') => '.?!,;:'.includes(one);
  const kept = characters.filter((one, index) => {
    let next = index;
    while (isMark(characters[next])) next++;
    while (characters[next] === ' ') next++;
    return !isMark(one) || !'&()[]{}-'.includes(characters[next] ?? 'x');
  });
  return kept.join('').split(' ').filter(Boolean).join(' ');
}

describe('the folder of a model', () => {
  it.each([
    ['a name as it is', 'anythingV3_fp16', 'anythingV3_fp16'],
    ['letters of any script', '涂鸦艺术 美露莘 Ünï 🦊', '涂鸦艺术 美露莘 Ünï 🦊'],
    ['round brackets for pointed ones', '<lora> style', '(lora) style'],
    ['a comma for a colon', 'Fate: Grand Order', 'Fate, Grand Order'],
    ['a hyphen for a quotation mark', '"Phantom" Hypernetwork', '-Phantom- Hypernetwork'],
    ['an ampersand for a slash', 'Scrawl Art / prize wheel', 'Scrawl Art & prize wheel'],
    ['an ampersand for a backslash', 'a\\b', 'a&b'],
    ['an ampersand for a bar', '建筑图纸 | drawings', '建筑图纸 & drawings'],
    ['an ampersand for an asterisk', 'a*b', 'a&b'],
    ['a dot for a question mark', 'who? me', 'who. me'],
    ['no punctuation before an ampersand', 'a.&b', 'a&b'],
    ['no punctuation before a round bracket', 'Dr. (fate)', 'Dr (fate)'],
    ['no punctuation before a closing bracket', '(wow!)', '(wow)'],
    ['no punctuation before a square bracket', 'v1.5; [final.]', 'v1.5 [final]'],
    ['no punctuation before a brace', 'a,{b;}', 'a{b}'],
    ['no punctuation before a hyphen', 'what?! - style', 'what - style'],
    ['no punctuation before a replaced character', 'really?/no:<x', 'really&no(x'],
    ['no run of punctuation before blanks and a bracket', 'a.?!,;:   (b)', 'a (b)'],
    ['punctuation before all other characters', 'v1.5, now! a; b. c', 'v1.5, now! a; b. c'],
    ['one blank for many', 'a    b  c', 'a b c'],
    ['no outer blanks', '  Felt  ', 'Felt'],
    ['no dot at the end', 'Something etc.', 'Something etc'],
    ['no question mark at the end', 'Who?', 'Who'],
    ['no parent folder', '../../x', '&&x'],
    ['no absolute path', '/etc/passwd', '&etc&passwd'],
    ['no drive', 'C:\\x', 'C&x'],
    ['no device', 'CON', '_CON'],
    ['no control character', 'a\u001b[2Jb\0', 'a[2Jb'],
    ['no mark that changes the direction of text', 'a\u202eb\u200f', 'ab'],
    ['no half of a surrogate pair', 'a\ud83d', 'a\ufffd'],
    ['its id if nothing remains', '???', 'model-mid_66'],
    ['its id for blanks', '   ', 'model-mid_66'],
    ['its id for no name', '', 'model-mid_66'],
    ['its id for dots', '..', 'model-mid_66'],
  ])('has %s', (_what, name, folder) => {
    expect(modelFolder(name, 66)).toBe(folder);
    expect(fileNameProblems(folder)).toEqual([]);
  });

  it.each([
    ['300 emoji', '🦊'.repeat(300)],
    ['10,000 dots', `${'.'.repeat(10_000)}(`],
    ['100,000 marks of punctuation with blanks between', '. '.repeat(100_000)],
    ['400 marks on one letter', `a${'\u0301'.repeat(400)}`],
  ])('is made fast from %s', (_what, name) => {
    let folder = '';
    const make = () => {
      folder = modelFolder(name, 66);
    };
    expect(processorMs(make)).toBeLessThan(200);
    expect(fileNameProblems(folder)).toEqual([]);
  });

  it.each([
    ['code points', fc.string({ unit: anyCharacter, size: 'max', maxLength: 200 })],
    ['characters', fc.string({ unit: 'grapheme', size: 'max', maxLength: 200 })],
    [
      'marks',
      fc.string({ unit: fc.constantFrom(...'.?!,;: &()[]{}-<>"/\\|*ax'), maxLength: 40, size: 'max' }),
    ],
  ])('is a safe name for any %s', (_what, names) => {
    fc.assert(
      fc.property(names, (name) => {
        expect(fileNameProblems(modelFolder(name, 66))).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  it('can be created for every real model', async ({ skip }) => {
    skip(!hasCorpus, noCorpus);
    const all = corpusModelNames().map((name) => modelFolder(name, 1));
    const folders = [...new Map(all.map((folder) => [caseKey(folder), folder])).values()];
    expect(folders.filter((folder) => fileNameProblems(folder).length > 0)).toEqual([]);
    await mkdir(sandbox.path('root'));
    await Promise.all(folders.map((folder) => mkdir(sandbox.path('root', folder))));
    expect(new Set(await readdir(sandbox.path('root')))).toEqual(new Set(folders));
  });

  it('is the same as in an existing library for every real model', ({ skip }) => {
    skip(!hasCorpus, noCorpus);
    const names = [
      ...corpusModelNames(),
      ...corpusModels().map((line) => String((JSON.parse(line) as { readonly name: unknown }).name)),
    ];
    expect(names.length).toBe(5_759 + 299);
    const different = names.filter((name) => modelFolder(name, 1) !== documentedFolder(name));
    // Only a name that some system does not allow may be different.
    expect(different.filter((name) => fileNameProblems(documentedFolder(name)).length === 0)).toEqual([]);
  });
});
