import { mkdir } from 'node:fs/promises';
import { describe, expect } from 'vitest';
import { shells } from '../../../src/cli/completion/shells.js';
import { settingNames } from '../../../src/cli/program.js';
import { type OptionName, optionNames, optionWords, specOf } from '../../../src/options/options.js';
import { sidecarFormats } from '../../../src/options/sidecar-formats.js';
import { offlineTest as it, sandbox } from '../../harness/fixture.js';
import { runInProcess } from '../../harness/in-process.js';

/** Does harm in a shell that expands it. */
const STRANGE = `@it's $(x) "日本" é`;

async function storeNames(): Promise<void> {
  await mkdir(sandbox.path('models/my loras'), { recursive: true });
  await mkdir(sandbox.path('models/.hidden'), { recursive: true });
  await sandbox.write('models/file.txt', '');
  const aliases = { '@models': sandbox.path('models'), [STRANGE]: '@models/sub' };
  const sorters = { mine: { template: '{model}' }, filed: { file: 'filed.mjs', description: 'by day' } };
  await sandbox.write('config/config.json', JSON.stringify({ version: 2, aliases, sorters }));
}

interface Answer {
  readonly files: boolean;
  readonly unfinished: boolean;
  readonly kept: string;
  readonly values: readonly string[];
  readonly lines: readonly string[];
}

async function complete(program: string, words: readonly string[], shell = 'fish'): Promise<Answer> {
  const args = ['complete', shell, program, '--', ...words];
  const { status, stdout, stderr } = await runInProcess(args, sandbox, { command: 'civitconfig' });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  const [head = '', ...lines] = stdout.trimEnd().split('\n');
  const [kind, space, kept = ''] = head.split('\t');
  const values = lines.map((line) => line.split('\t')[0] ?? '');
  return { files: kind === 'files', unfinished: space === 'nospace', kept, values, lines };
}

const civitdl = (...words: readonly string[]) => complete('civitdl', words);
const civitconfig = (...words: readonly string[]) => complete('civitconfig', words);
const nothing = { files: false, values: [] };
const aliases = ['@models', STRANGE];
const files = { files: true, values: [] };

describe('offers values of options', () => {
  it.for([
    ['of a choice', ['--nsfw', ''], ['safe', 'model', 'all']],
    ['of a number with few values', ['--nsfw-mode', ''], ['0', '1', '2']],
    ['of cache mode', ['--cache-mode', ''], ['0', '1']],
    ['of file names', ['--file-names', ''], ['auto', 'original', 'ids']],
    [
      'in the same word',
      ['--file-names='],
      ['auto', 'original', 'ids'].map((name) => `--file-names=${name}`),
    ],
    ['of sidecars', ['--sidecars', ''], ['auto', 'none', 'all', ...sidecarFormats]],
    [
      'that continue a list',
      ['--sidecars', 'sha256,'],
      sidecarFormats.filter((name) => name !== 'sha256').map((name) => `sha256,${name}`),
    ],
    ['that are not all', ['--proxy', ''], ['environment', 'none']],
    [
      'after short options in one word',
      ['-qs', 'f'],
      [
        'auto',
        'basic',
        'tags',
        'comfyui',
        'a1111',
        'forge',
        'forge-neo',
        'sdnext',
        'swarmui',
        'stability-matrix',
        'fooocus',
        'mine',
        'filed',
      ],
    ],
  ] as const)('%s', async ([_what, words, values]) => {
    await storeNames();
    const answer = await civitdl(...words);
    expect(answer.values).toEqual(values);
    expect(
      (await complete('civitconfig', ['default', ...words.map((word) => word.replace('-qs', '-s'))])).values,
    ).toEqual(values);
  });

  it.for([
    ['a number', ['-i', '']],
    ['a rate', ['--limit-rate', '']],
    ['a text', ['--user-agent', '']],
    ['an unknown option', ['--no-such=', '']],
  ] as const)('none for %s', async ([_what, words]) => {
    expect(await civitdl(...words.slice(0, words[0] === '--no-such=' ? 1 : 2))).toMatchObject(nothing);
  });

  it.for(optionNames)('each choice of %s, which the option accepts', async (name: OptionName) => {
    const spec = specOf(name);
    const long = /--[a-z-]+/.exec(spec.flags)?.[0] ?? '';
    const { values } = await civitdl(long, '');
    const choices = spec.kind === 'text' ? spec.choices : undefined;
    if (choices) expect(values).toEqual(choices);
    if (choices && spec.kind === 'text')
      expect(choices.filter((choice) => !spec.accepts(choice))).toEqual([]);
  });

  it('what a description says of each', async () => {
    expect((await civitdl('--nsfw-mode', '')).lines).toEqual([
      '0\tonly safe images',
      "1\tsafe images, and others up to the model's own level",
      '2\tall images',
    ]);
  });
});

describe('offers options', () => {
  it('of the table and of single runs, with descriptions', async () => {
    const { values, lines } = await civitdl('--');
    for (const name of optionNames) {
      const long = /--[a-z-]+/.exec(specOf(name).flags)?.[0];
      expect(values).toContain(long);
    }
    for (const { flags } of optionWords) expect(values).toContain(/--[a-z-]+/.exec(flags)?.[0]);
    expect(values).not.toContain('-n');
    expect(lines).toContain('--dry-run\tshow which files would be written, without downloading anything');
  });

  it.for([
    ['short ones as well after one hyphen', 'civitdl', ['-'], '-n'],
    ['of a subcommand', 'civitconfig', ['settings', '--'], '--with-key'],
    ['of all subcommands', 'civitconfig', ['settings', '--'], '--json'],
    ['of a subcommand after those of all', 'civitconfig', ['--json', 'cache', '--'], '--scan'],
    ['where nothing else can be typed', 'civitconfig', ['settings', ''], '--reset'],
    ['after values that look like other words', 'civitdl', ['--exec', '--', '--dry'], '--dry-run'],
  ] as const)('%s', async ([_what, program, words, option]) => {
    expect((await complete(program, words)).values).toContain(option);
  });

  it('none after --', async () => {
    expect(await civitdl('--', '-')).toMatchObject({ files: true });
    expect((await civitdl('--', '-')).values).not.toContain('--json');
  });
});

describe('offers names and paths', () => {
  it.for([
    [
      'aliases and files as a source or root directory',
      'civitdl',
      ['66', ''],
      { files: true, values: aliases },
    ],
    ['aliases that start with what was typed', 'civitdl', ['66', '@m'], { files: false, values: aliases }],
    ['files for an unknown alias', 'civitdl', ['66', '@no'], files],
    ['files for another start', 'civitdl', ['66', 'mo'], files],
    [
      'folders in an alias',
      'civitdl',
      ['66', '@models/'],
      { files: false, unfinished: true, values: ['@models/my loras/'] },
    ],
    ['files in an unknown alias', 'civitdl', ['66', '@no/'], files],
    [
      'aliases of --output',
      'civitdl',
      ['66', '--output=@'],
      { kept: '--output=', values: aliases.map((name) => `--output=${name}`) },
    ],
    ['aliases of --root-dir', 'civitconfig', ['default', '--root-dir', '@'], { values: aliases }],
    ['aliases of --scan', 'civitconfig', ['cache', '--scan', '@'], { values: aliases }],
    ['an alias to start another one with', 'civitconfig', ['alias', '-a', '@new', '@'], { values: aliases }],
    ['no names for a new alias', 'civitconfig', ['alias', '-a', ''], nothing],
    ['aliases to delete', 'civitconfig', ['alias', '-d', ''], { files: false, values: aliases }],
    [
      'sorters to delete',
      'civitconfig',
      ['sorter', '--delete', ''],
      { files: false, values: ['mine', 'filed'] },
    ],
    ['files of --failed', 'civitdl', ['--failed', ''], files],
    ['files of --import', 'civitconfig', ['settings', '--import', ''], files],
    ['the file of a sorter', 'civitconfig', ['sorter', '-a', 'new', ''], files],
    ['files where no sorter fits', 'civitdl', ['-s', './'], { files: true }],
    ['settings', 'civitconfig', ['get', ''], { values: settingNames }],
    [
      'settings that can be set',
      'civitconfig',
      ['set', ''],
      { values: settingNames.filter((name) => name !== 'api-key') },
    ],
    ['values of a setting', 'civitconfig', ['set', 'nsfw-mode', ''], { values: ['safe', 'model', 'all'] }],
    ['values of a word for numbers', 'civitconfig', ['set', 'cache', ''], { values: ['on', 'off'] }],
    ['values of a switch', 'civitconfig', ['set', 'with-prompt', ''], { values: ['on', 'off'] }],
    ['values of a text', 'civitconfig', ['set', 'file-names', ''], { values: ['auto', 'original', 'ids'] }],
    ['aliases for the stored root directory', 'civitconfig', ['set', 'root-dir', '@'], { values: aliases }],
    ['no value of an unknown setting', 'civitconfig', ['set', 'x', ''], nothing],
    ['shells', 'civitconfig', ['completion', ''], { values: shells }],
  ] as const)('%s', async ([_what, program, words, expected]) => {
    await storeNames();
    expect(await complete(program, words)).toMatchObject(expected);
  });

  it('with what they stand for', async () => {
    await storeNames();
    expect((await civitdl('66', '@')).lines).toEqual([
      `@models\t${sandbox.path('models')}`,
      `${STRANGE}\t${sandbox.path('models/sub')}`,
    ]);
    expect((await civitconfig('sorter', '-d', '')).lines).toEqual(['mine\t{model}', 'filed\tby day']);
  });

  it('the subcommands, but not the one for shells', async () => {
    const { values } = await civitconfig('');
    expect(values).toContain('whoami');
    expect(values).not.toContain('complete');
    expect(values).not.toContain('help');
  });

  it.for([
    ['broken', '{"aliases"'],
    ['of another form', '[{"aliases": 3}]'],
    ['with values of another form', '{"aliases":{"@x":{}},"sorters":{"y":1}}'],
    [
      'of control characters',
      JSON.stringify({ aliases: { '@a\nb': '/x' }, sorters: { 'c\x1b[2J': { template: 'x' } } }),
    ],
  ])('none from a configuration that is %s', async ([_what, text = '']) => {
    await sandbox.write('config/config.json', text);
    expect((await civitdl('66', '@')).values).toEqual([]);
    expect((await civitconfig('sorter', '-d', '')).values).toEqual([]);
  });
});

describe('quotes', () => {
  const strange = `@it's $(x) "日本" é`;
  const backslashed = `@it\\'s\\ \\$\\(x\\)\\ \\"日本\\"\\ é`;

  it.for([
    // bash hands over the line, and what it will replace: it begins after @ or =, or at a quotation mark.
    ['bash', ['civitdl 66 @i', 'i'], backslashed.slice(1)],
    ['bash', ['civitdl 66 "@i', '@i'], `@it's \\$(x) \\"日本\\" é`],
    ['bash', ["civitdl 66 '@i", '@i'], `@it'\\''s $(x) "日本" é`],
    ['bash', ["civitdl 66 @it\\'s\\ ", "it\\'s\\ "], backslashed.slice(1)],
    ['bash', ['civitdl --output=@i', 'i'], backslashed.slice(1)],
    ['zsh', ['66', '@i'], strange],
    ['fish', ['66', '"@i'], strange],
    ['powershell', ['66', '@i'], `'@it''s $(x) "日本" é'`],
    ['powershell', ['66', "'@i"], `'@it''s $(x) "日本" é'`],
    ['powershell', ['66', '--output=@i'], `--output='@it''s $(x) "日本" é'`],
  ] as const)('for %s after %j', async ([shell, words, value]) => {
    await storeNames();
    const { lines } = await complete('civitdl', words, shell);
    const values = lines.map((line) => line.split(shell === 'zsh' ? ':' : '\t')[0]);
    expect(values).toContain(value);
    // The other alias does not start with what was typed, which zsh and fish check themselves.
    expect(values).toHaveLength(shell === 'bash' || shell === 'powershell' ? 1 : 2);
  });

  it('colons and backslashes for zsh', async () => {
    await sandbox.write(
      'config/config.json',
      JSON.stringify({ sorters: { 'a:b\\c': { template: '{model}:x' } } }),
    );
    const { lines } = await complete('civitconfig', ['sorter', '-d', ''], 'zsh');
    expect(lines).toEqual(['a\\:b\\\\c:{model}:x']);
  });

  it('for PowerShell the words that come through the environment, and gives each a description', async () => {
    await storeNames();
    const ended = await runInProcess(['complete', 'powershell', 'civitdl'], sandbox, {
      command: 'civitconfig',
      env: { CIVITDL_COMPLETION: '66\n--sidecars\nsha256,sw' },
    });
    expect(ended.stdout).toBe(
      "values\tspace\t\tsha256,sw\n'sha256,swarmui'\tsha256,swarmui\tsha256,swarmui\n",
    );
  });
});
