import { mkdir, readFile } from 'node:fs/promises';
import { beforeEach, describe, expect } from 'vitest';
import { readSources, type SourceReader, type Sources, splitBatch } from '../../src/download/sources.js';
import { UsageError } from '../../src/errors.js';
import { offlineTest as it, sandbox } from '../harness/fixture.js';

/** Paths in the order in which they were read. */
let filesRead: string[];
beforeEach(() => {
  filesRead = [];
});

function read(args: readonly string[], { stdin = '', home = sandbox.path('home') } = {}): Promise<Sources> {
  const reader: SourceReader = {
    readFile: (path) => {
      filesRead.push(path);
      return readFile(path);
    },
    readStdin: async () => Buffer.from(stdin),
    cwd: sandbox.dir,
    home,
  };
  return readSources(args, reader);
}

const textsOf = ({ requests }: Sources) => requests.map(({ text }) => text);
const placesOf = ({ invalid }: Sources) =>
  invalid.map(({ text, origin }) => `${origin.file}:${origin.line} ${text}`);

/** Returns the sources of a batch file without invalid items. */
async function textsIn(content: string | Uint8Array): Promise<string[]> {
  await sandbox.write('batch.txt', content);
  const sources = await read(['batch.txt']);
  expect(sources.invalid).toEqual([]);
  return textsOf(sources);
}

async function refusalOf(args: readonly string[], stdin = ''): Promise<UsageError> {
  const error: unknown = await read(args, { stdin }).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof UsageError) return error;
  throw new Error('It was not refused.', { cause: error });
}

describe('the items of a batch', () => {
  it.each([
    ['one per line', '1\n2\n3\n', ['1', '2', '3']],
    ['separated by commas', '1,2, 3 ,4', ['1', '2', '3', '4']],
    ['separated by both', '1, 2,\n3\n\n,4', ['1', '2', '3', '4']],
    ['on lines of Windows', '1\r\n2\r\n', ['1', '2']],
    ['on lines of old Macs', '1\r2\r', ['1', '2']],
    ['after a byte order mark', '\ufeff1\n2', ['1', '2']],
    ['without a last line end', '1\n2', ['1', '2']],
    ['between blanks', '  1\t\n\u00a02 ', ['1', '2']],
    ['between nothing', ',,\n , \n1\n,', ['1']],
    ['in an empty text', '', []],
    ['in nothing but comments', '# 1\n  # 2, 3', []],
    ['before a comment', '1 # 2, 3\n4\t# 5\n6,# 7', ['1', '4', '6']],
    [
      'with a fragment, which is no comment',
      'https://civitai.com/models/1#2 # 3',
      ['https://civitai.com/models/1#2'],
    ],
    ['with a sign in the middle of a path', './a#b', ['./a#b']],
  ])('are found %s', (_what, content, items) => {
    expect(splitBatch(content).map(({ text }) => text)).toEqual(items);
  });

  it('know their lines', () => {
    expect(splitBatch('1\r\n\r\n# x\n2, 3\n')).toEqual([
      { line: 1, text: '1' },
      { line: 4, text: '2' },
      { line: 4, text: '3' },
    ]);
  });
});

describe('an argument', () => {
  it('is a source, a list of them, or the path of a batch file', async () => {
    await sandbox.write('batch.txt', '3\n4');
    expect(textsOf(await read(['1, civitai.com/models/2,', 'batch.txt', '5']))).toEqual([
      '1',
      'civitai.com/models/2',
      '3',
      '4',
      '5',
    ]);
  });

  it('that looks like a source is one, even if a file has that name', async () => {
    await sandbox.write('123', '4');
    await sandbox.write('deadbeef', '5');
    expect(textsOf(await read(['123', './123', 'deadbeef', './deadbeef']))).toEqual([
      '123',
      '4',
      'deadbeef',
      '5',
    ]);
  });

  it('can start with the home folder', async () => {
    await sandbox.write('home/lists/a.txt', '1');
    expect(textsOf(await read(['~/lists/a.txt']))).toEqual(['1']);
  });

  it('finds a home folder of any name', async () => {
    await sandbox.write('$&$1/a.txt', '1');
    expect(textsOf(await read(['~/a.txt'], { home: sandbox.path('$&$1') }))).toEqual(['1']);
  });

  it('keeps a tilde that is not the home folder', async () => {
    await sandbox.write('~a/b~/c.txt', '1');
    expect(textsOf(await read(['~a/b~/c.txt']))).toEqual(['1']);
  });

  it('can be an absolute path', async () => {
    expect(textsOf(await read([await sandbox.write('a.txt', '1')]))).toEqual(['1']);
  });

  it('that is invalid stops everything, and all invalid ones are reported', async () => {
    await mkdir(sandbox.path('folder'));
    await sandbox.write('picture.png', Buffer.from([0x89, 0x50, 0x4e, 0x47, 0xff]));
    const args = ['1', 'no-such-file', 'https://example.com/models/1', 'folder', 'picture.png', '0', '2'];
    const { code, message } = await refusalOf(args);
    expect(code).toBe('bad-source');
    const lines = message.split('\n');
    expect(lines).toHaveLength(5);
    expect(lines[0]).toMatch(
      /^'no-such-file' is not a source and not an existing file\. A source is a model id, a URL/,
    );
    expect(lines[1]).toMatch(/^'https:\/\/example\.com\/models\/1' is on example\.com/);
    expect(lines[2]).toMatch(/^'folder' is a folder\./);
    expect(lines[3]).toMatch(/^'picture\.png' is not a text file/);
    expect(lines[4]).toMatch(/^'0' contains an invalid id/);
  });

  it.each(['', '  ', ',', ' , ,', '# 66'])('without a source is refused: "%s"', async (argument) => {
    expect((await refusalOf([argument, '66'])).message).toBe(`'${argument.trim()}' does not name a source.`);
  });

  it('never shows a pasted key in its error', async () => {
    const args = ['./civitai.com/models/1?token=s3cret', 'civitai.example/models/1?type=a&token=s3cret'];
    expect((await refusalOf(args)).message).not.toContain('s3cret');
  });
});

describe('a list of models', () => {
  it('is a request of its own', async () => {
    const { requests } = await read(['user:inkmaker, 66', 'https://civitai.com/models?tag=ink&token=s3cret']);
    expect(requests).toEqual([
      {
        listSource: { kind: 'models', query: { sort: 'Newest', username: 'inkmaker' } },
        text: 'user:inkmaker',
      },
      { source: { kind: 'model', modelId: 66 }, text: '66' },
      {
        listSource: { kind: 'models', query: { tags: ['ink'] } },
        text: 'https://civitai.com/models?tag=ink&token=…',
      },
    ]);
  });

  it('is returned once, whichever form names it', async () => {
    const args = ['user:inkmaker', 'https://civitai.com/user/inkmaker', 'civitai.red/user/inkmaker/models'];
    expect(textsOf(await read(args))).toEqual(['user:inkmaker']);
  });

  it('tells what Civitai cannot filter by', async () => {
    const { warnings } = await read([
      'civitai.com/models?tag=ink&excludedTagIds=1&status=Draft&token=s3cret',
    ]);
    const [, ignored] = warnings.map(({ message }) => message);
    expect(ignored).toBe(
      "'civitai.com/models?tag=ink&excludedTagIds=1&status=Draft&token=…': Civitai's API cannot filter by status, excludedTagIds: not filtered.",
    );
  });

  it('that cannot be listed is refused, in a batch file with its line', async () => {
    await sandbox.write('a.txt', 'user:inkmaker\nuser:a.b\nhttps://civitai.com/models?followed=true');
    expect(placesOf(await read(['a.txt']))).toEqual([
      'a.txt:2 user:a.b',
      'a.txt:3 https://civitai.com/models?followed=true',
    ]);
    expect((await refusalOf(['user:a.b'])).message).toContain('does not name a user');
  });

  it('of favorites gives way to a file of that name, not to a folder', async () => {
    const favorites = { listSource: { kind: 'models', query: { favorites: true } }, text: 'favorites' };
    expect((await read(['favorites'])).requests).toEqual([favorites]);
    await mkdir(sandbox.path('favorites'));
    expect((await read(['favorites'])).requests).toEqual([favorites]);
    await sandbox.write('lists/favorites', '67');
    await sandbox.write('lists/a.txt', 'favorites');
    expect(textsOf(await read(['lists/a.txt']))).toEqual(['67']);
  });

  it('can be a picture or a workflow, whatever the name of the file', async () => {
    const png = Buffer.from('\x89PNG\r\n\x1a\n\0\0', 'latin1');
    await sandbox.write('a.txt', png);
    await sandbox.write('lists/b.jpg', Buffer.from([0xff, 0xd8, 0xff, 0xe0]));
    await sandbox.write('lists/c.webp', Buffer.from('RIFF\0\0\0\0WEBP', 'latin1'));
    await sandbox.write('lists/flow', ' {"nodes": []}');
    await sandbox.write('lists/batch', '# pictures\nb.jpg, c.webp\nflow');
    const { requests } = await read(['./a.txt', 'lists/batch', 'lists/flow']);
    const picture = (path: string) => ({ kind: 'picture', path: sandbox.path(path) });
    expect(requests).toEqual([
      { listSource: picture('a.txt'), text: './a.txt' },
      ...['lists/b.jpg', 'lists/c.webp'].map((path) => ({
        listSource: picture(path),
        text: sandbox.path(path),
        origin: { file: 'lists/batch', line: 2 },
      })),
      {
        listSource: picture('lists/flow'),
        text: sandbox.path('lists/flow'),
        origin: { file: 'lists/batch', line: 3 },
      },
    ]);
  });
});

describe('a batch file', () => {
  it('is read as text', async () => {
    expect(await textsIn('\ufeff# mine\r\n1, 2\r\n\r\nurn:air:sdxl:lora:civitai:3@4 # four\r\n')).toEqual([
      '1',
      '2',
      'urn:air:sdxl:lora:civitai:3@4',
    ]);
  });

  it.each<readonly [what: string, bytes: Buffer]>([
    ['UTF-16, low byte first', Buffer.from('\ufeff1, 2 # ü\r\n66@75\r\n', 'utf16le')],
    ['UTF-16, high byte first', Buffer.from('\ufeff1, 2 # ü\r\n66@75\r\n', 'utf16le').swap16()],
    ['UTF-8 with a mark', Buffer.from('\ufeff1, 2 # ü\r\n66@75\r\n')],
    ['UTF-8', Buffer.from('1, 2 # ü\n66@75')],
    ['UTF-16 with an emoji', Buffer.from('\ufeff1, 2 # 🏮\n66@75', 'utf16le')],
  ])('is read in %s', async (_what, bytes) => {
    await sandbox.write('list.txt', bytes);
    expect(textsOf(await read(['list.txt']))).toEqual(['1', '2', '66@75']);
  });

  it.each<readonly [what: string, bytes: Buffer]>([
    ['UTF-16 without a mark', Buffer.from('1\n2', 'utf16le')],
    ['UTF-16 that is cut', Buffer.from('\ufeff1\n2', 'utf16le').subarray(0, -1)],
    ['UTF-16 with half an emoji', Buffer.from('\ufeff1 \ud83c', 'utf16le')],
    ['UTF-16 with a zero', Buffer.from('\ufeff1\0', 'utf16le')],
    ['Latin-1', Buffer.from('1 # ü', 'latin1')],
  ])('in %s is refused', async (_what, bytes) => {
    await sandbox.write('list.txt', bytes);
    expect((await refusalOf(['list.txt'])).message).toContain("'list.txt' is not a text file");
  });

  it('can be empty', async () => {
    expect(await textsIn('')).toEqual([]);
  });

  it('returns the line of each source', async () => {
    await sandbox.write('a.txt', '1\n\n2');
    const { requests } = await read(['a.txt', '3']);
    expect(requests.map(({ origin }) => origin)).toEqual([
      { file: 'a.txt', line: 1 },
      { file: 'a.txt', line: 3 },
      undefined,
    ]);
  });

  it.each([
    ['bytes that are not UTF-8', Buffer.from([0x31, 0x0a, 0xc3, 0x28])],
    ['a zero byte', Buffer.from('1\n\0')],
  ])('with %s is refused', async (_what, bytes) => {
    await sandbox.write('model.bin', bytes);
    expect((await refusalOf(['model.bin'])).message).toBe(
      "'model.bin' is not a text file, so it cannot be a batch file.",
    );
  });

  it('can name others, relative to its own folder', async () => {
    await sandbox.write('a.txt', '1\nlists/b.txt\n5');
    await sandbox.write('lists/b.txt', 'deep/c.txt, ../d.txt');
    await sandbox.write('lists/deep/c.txt', '2\n3');
    await sandbox.write('d.txt', '4');
    const sources = await read(['a.txt']);
    expect(textsOf(sources)).toEqual(['1', '2', '3', '4', '5']);
    expect(sources.requests.map(({ origin }) => origin?.file)).toEqual([
      'a.txt',
      'deep/c.txt',
      'deep/c.txt',
      '../d.txt',
      'a.txt',
    ]);
  });

  it('is relative to its own folder in a list of one argument, too', async () => {
    await sandbox.write('lists/a.txt', 'b.txt');
    await sandbox.write('lists/b.txt', '1');
    expect(textsOf(await read(['2, lists/a.txt, 3']))).toEqual(['2', '1', '3']);
  });

  it('that two others include is read once', async () => {
    await sandbox.write('a.txt', 'b.txt\nc.txt');
    await sandbox.write('b.txt', 'd.txt');
    await sandbox.write('c.txt', 'd.txt');
    await sandbox.write('d.txt', '1\nnonsense');
    const sources = await read(['a.txt']);
    expect(textsOf(sources)).toEqual(['1']);
    expect(placesOf(sources)).toEqual(['d.txt:2 nonsense']);
    expect(filesRead.filter((path) => path.endsWith('d.txt'))).toHaveLength(1);
  });

  it('that doubles at every level takes no time', async () => {
    for (let level = 0; level < 30; level++)
      await sandbox.write(`${level}.txt`, `./${level + 1}.txt\n././${level + 1}.txt`);
    await sandbox.write('30.txt', '66');
    expect(textsOf(await read(['./0.txt']))).toEqual(['66']);
  });

  it('that includes itself is reported with the chain, and its other items are used', async () => {
    await sandbox.write('a.txt', '1\na.txt\n2');
    const sources = await read(['a.txt']);
    expect(textsOf(sources)).toEqual(['1', '2']);
    expect(placesOf(sources)).toEqual(['a.txt:2 a.txt']);
    const path = sandbox.path('a.txt');
    expect(sources.invalid[0]?.error.message).toBe(
      `Batch files refer to each other in a circle: ${path} -> ${path}`,
    );
  });

  it('in a circle of several is reported with the chain', async () => {
    await sandbox.write('a.txt', 'sub/b.txt');
    await sandbox.write('sub/b.txt', '1, c.txt');
    await sandbox.write('sub/c.txt', '2\n../a.txt');
    const sources = await read(['a.txt']);
    expect(textsOf(sources)).toEqual(['1', '2']);
    const chain = ['a.txt', 'sub/b.txt', 'sub/c.txt', 'a.txt'].map((name) => sandbox.path(name)).join(' -> ');
    expect(sources.invalid.map(({ error }) => error.message)).toEqual([
      `Batch files refer to each other in a circle: ${chain}`,
    ]);
    expect(placesOf(sources)).toEqual(['c.txt:2 ../a.txt']);
  });

  it('loses only its invalid items, which are reported with file and line', async () => {
    await mkdir(sandbox.path('lists/folder'), { recursive: true });
    await sandbox.write('lists/broken.bin', Buffer.from([0xff]));
    await sandbox.write(
      'lists/a.txt',
      '1\nno-such-file\n\nhttps://example.com/models/1, 2\nfolder\nbroken.bin\n0\n3',
    );
    const sources = await read(['lists/a.txt']);
    expect(textsOf(sources)).toEqual(['1', '2', '3']);
    expect(placesOf(sources)).toEqual([
      'lists/a.txt:2 no-such-file',
      'lists/a.txt:4 https://example.com/models/1',
      'lists/a.txt:5 folder',
      'lists/a.txt:6 broken.bin',
      'lists/a.txt:7 0',
    ]);
    expect(sources.invalid.every(({ error }) => error instanceof UsageError)).toBe(true);
  });

  it('keeps a pasted key secret', async () => {
    await sandbox.write(
      'a.txt',
      'https://civitai.com/api/download/models/75?token=s3cret\nhttps://example.com/?token=s3cret\nx?token=s3cret',
    );
    const { requests, invalid } = await read(['a.txt']);
    expect(requests).toHaveLength(1);
    expect(invalid).toHaveLength(2);
    expect(JSON.stringify([requests, invalid, invalid.map(({ error }) => error.message)])).not.toContain(
      's3cret',
    );
  });

  it('does not read standard input for a dash', async () => {
    await sandbox.write('a.txt', '-');
    expect(placesOf(await read(['a.txt'], { stdin: '1' }))).toEqual(['a.txt:1 -']);
  });
});

describe('a key in a link', () => {
  const link = (id: number, query = 'token=s3cret') => `https://civitai.com/models/${id}?${query}`;
  const ignored = (place: string) =>
    `The API key ('token=…') in a link ${place} is ignored. Pass the key for this run with 'civitdl -k', ` +
    "or store it with 'civitconfig login'.";

  it.each<readonly [what: string, args: readonly string[], list: string, warnings: readonly string[]]>([
    ['as an argument', [link(1)], '', [ignored('on the command line')]],
    ['after others', [link(1, 'a=b&amp;TOKEN=s3cret')], '', [ignored('on the command line')]],
    ['in a batch file', ['list.txt'], `66\n${link(1)}`, [ignored('in list.txt:2')]],
    [
      'in several lines',
      ['list.txt'],
      [1, 2, 3].map((id) => link(id)).join('\n'),
      [ignored('in list.txt:1 and in 2 more')],
    ],
    ['in both', [link(1), 'list.txt'], link(2), [ignored('on the command line and in 1 more')]],
    ['nowhere', ['66', 'list.txt'], `${link(2, 'a=b')}\n${link(3, 'token=')}\n${link(4, 'mytoken=x')}`, []],
  ])('is told once: %s', async (_what, args, list, warnings) => {
    await sandbox.write('list.txt', list);
    const sources = await read(args);
    expect(sources.warnings.map(({ message }) => message)).toEqual(warnings);
    expect(JSON.stringify(sources)).not.toContain('s3cret');
  });
});

describe('standard input', () => {
  it('is read for a dash', async () => {
    await sandbox.write('lists/b.txt', '2');
    const sources = await read(['-', '3'], { stdin: '\ufeff1 # one\nlists/b.txt' });
    expect(sources.requests).toMatchObject([
      { text: '1', origin: { file: '-', line: 1 } },
      { text: '2', origin: { file: 'lists/b.txt', line: 1 } },
      { text: '3' },
    ]);
  });

  it('loses only its invalid items', async () => {
    const sources = await read(['-'], { stdin: '1\nnonsense\n2' });
    expect(textsOf(sources)).toEqual(['1', '2']);
    expect(placesOf(sources)).toEqual(['-:2 nonsense']);
  });

  it('that is not text is refused', async () => {
    expect((await refusalOf(['-'], '1\0')).message).toBe(
      "'-' is not a text file, so it cannot be a batch file.",
    );
  });
});

describe('a source that is named several times', () => {
  it('is returned once, as it was written first', async () => {
    await sandbox.write('a.txt', 'civitai.com/models/66/slug\n66\n66@75');
    const sources = await read([
      '66',
      'a.txt',
      'https://www.civitai.red/models/66',
      'b62fe676,B62FE676',
      '66@75',
    ]);
    expect(textsOf(sources)).toEqual(['66', '66@75', 'b62fe676']);
  });

  it.each([
    [['66@75', 'https://civitai.com/models/66?modelVersionId=75', 'urn:air:sdxl:lora:civitai:66@75']],
    [['civitai.com/models/66/model-versions/75/edit', '66@75']],
    [
      [
        'civitai.com/api/download/models/75?type=Model&fp=fp16',
        'https://civitai.red/api/download/models/75?fp=fp16&type=Model',
      ],
    ],
    [['b62fe676', 'https://civitai.com/api/v1/model-versions/by-hash/B62FE676']],
  ])('is returned once, whichever forms name it: %j', async (args) => {
    expect(textsOf(await read(args))).toEqual(args.slice(0, 1));
  });

  it('is a different one if it names another version or file', async () => {
    const args = ['66', '66@75', '66@76', 'civitai:66@75+1', 'civitai:66@75+2'];
    expect(textsOf(await read(args))).toEqual(args);
  });
});
