import { describe, expect } from 'vitest';
import type { OptionName } from '../../src/options/options.js';
import { file, model, version } from '../fake-civitai/catalog.js';
import { civitai, it, sandbox } from '../harness/fixture.js';
import { runInProcess } from '../harness/in-process.js';
import { type JsonLine, parseJsonLines } from '../harness/json-lines.js';

const safe = { format: 'SafeTensor', fp: 'fp16' };
const older = version({
  id: 1_000_000,
  name: 'v1',
  files: [
    file({ id: 11, name: 'ink.ckpt', kind: 'zip', metadata: { format: 'PickleTensor', fp: 'fp16' } }),
    file({ id: 12, name: 'ink16.safetensors', metadata: safe }),
    file({ id: 13, name: 'ink32.safetensors', metadata: { format: 'SafeTensor', fp: 'fp32' } }),
  ],
});
/** Published about a year later. */
const newer = version({
  id: 2_000_000,
  name: 'v2',
  baseModel: 'Pony',
  files: [file({ id: 21, name: 'pony.safetensors', metadata: safe })],
});
const ink = model({ id: 1, name: 'Ink', versions: [older, newer] });
const vae = model({
  id: 2,
  name: 'Clear',
  type: 'VAE',
  versions: [version({ id: 30, name: 'v1', files: [file({ id: 31, name: 'clear.safetensors' })] })],
});
const hologram = model({
  id: 3,
  name: 'Beam',
  type: 'Hologram',
  versions: [
    version({ id: 40, name: 'v1', files: [file({ id: 41, name: 'beam.safetensors', hashes: [] })] }),
  ],
});

const twin = model({
  id: 4,
  name: 'Other Ink',
  versions: [
    version({
      id: 50,
      name: 'v1',
      files: [file({ id: 51, name: 'ink.ckpt', kind: 'zip', metadata: { format: 'PickleTensor' } })],
    }),
  ],
});

const early = model({
  id: 5,
  name: 'Early',
  creator: 'early',
  versions: [
    version({
      id: 61,
      name: 'v2',
      paidAccess: { permanent: true, endsAt: null },
      files: [file({ id: 62, name: 'later.safetensors' })],
    }),
    version({ id: 60, name: 'v1', files: [file({ id: 63, name: 'early.safetensors' })] }),
  ],
});

it.override('serverOptions', { models: [ink, vae, hologram, twin, early] });

const downloadTo = (folder: string, args: readonly string[]) =>
  runInProcess([...args, folder, '-i', '0', '--pause-time', '0'], sandbox);
const download = (...args: readonly string[]) => downloadTo('models', args);
const configure = (...args: readonly string[]) =>
  runInProcess(['default', ...args], sandbox, { command: 'civitconfig' });
/** Version ids and names of the model files in a folder. */
const downloaded = async (folder = 'models') =>
  (await sandbox.tree(folder))
    .filter((name) => /\.(safetensors|ckpt)$/.test(name))
    .map((name) => name.replace(/^.*\/(.*)-mid_\d+-vid_(\d+)(-fid_\d+)?/, '$2 $1'))
    .sort();

function ofType<Type extends JsonLine['type']>(lines: readonly JsonLine[], type: Type) {
  return lines.filter((line): line is Extract<JsonLine, { type: Type }> => line.type === type);
}

interface Example {
  readonly typed: readonly string[];
  readonly files: readonly string[];
}

const WITHOUT = ['1000000 ink.ckpt', '30 clear.safetensors'];
const INK = '1000000 ink16.safetensors';
const PONY = '2000000 pony.safetensors';

const examples = {
  versions: { typed: ['--versions', 'latest'], files: [PONY, '30 clear.safetensors'] },
  baseModel: { typed: ['--base-model', 'PONY'], files: [PONY] },
  type: { typed: ['--type', 'lora, locon'], files: ['1000000 ink.ckpt'] },
  format: { typed: ['--format', 'GGUF,safetensors'], files: [INK, '30 clear.safetensors'] },
  precision: {
    typed: ['--precision', 'fp32,any'],
    files: ['1000000 ink32.safetensors', '30 clear.safetensors'],
  },
  pickle: { typed: ['--no-pickle'], files: [INK, '30 clear.safetensors'] },
  since: { typed: ['--since', '2024-06-01'], files: [PONY] },
} satisfies Partial<Record<OptionName, Example>>;

describe.each(Object.entries(examples))('%s', (name, { typed, files }) => {
  it('has an effect when it is typed', async () => {
    expect((await download('1', '2')).status).toBe(0);
    expect(await downloaded()).toEqual(WITHOUT);
    await sandbox.clear();
    expect((await download('1', '2', ...typed)).status).toBe(0);
    expect(await downloaded()).toEqual([...files].sort());
  });

  it('has the same effect when it is stored, and none when it is overridden for one run', async () => {
    const { status, stdout } = await configure(...typed, '--json');
    expect(status).toBe(0);
    expect(JSON.parse(stdout).stored).toEqual([name]);
    await download('1', '2');
    expect(await downloaded()).toEqual([...files].sort());
    const flag = typed[0] ?? '';
    const override = name === 'pickle' ? ['--pickle'] : [flag, name === 'versions' ? 'default' : ''];
    expect((await downloadTo('elsewhere', ['1', '2', ...override])).status).toBe(0);
    expect(await downloaded('elsewhere')).toEqual(WITHOUT);
  });
});

it.each([
  ['limit', '5', 5],
  ['sort', 'most downloaded', 'most downloaded'],
  ['period', 'month', 'month'],
])('%s is stored, and changes nothing of a single model', async (name, typed, stored) => {
  const { stdout } = await configure(`--${name}`, typed, '--json');
  expect(JSON.parse(stdout).options[name]).toBe(stored);
  expect((await download('1', '2')).status).toBe(0);
  expect(await downloaded()).toEqual(WITHOUT);
});

describe('a version that is skipped', () => {
  const skipped = 'version skipped: Version 61 (v2) of model 5 is in early access';

  it.each([
    ['a model', ['5']],
    ['the newest of a model', ['5', '--versions', 'latest']],
    ['all versions of a model', ['5', '--versions', 'all']],
    ['a list', ['user:early']],
    ['all versions of a list', ['user:early', '--versions', 'all']],
  ])('is reported with its reason, in a second run as well: %s', async (_what, args) => {
    for (let run = 0; run < 2; run++) {
      const { status, stderr } = await download(...args);
      expect(status).toBe(0);
      expect(stderr.split(skipped)).toHaveLength(2);
    }
    expect(await downloaded()).toEqual(['60 early.safetensors']);
  });
});

describe('a wrong value', () => {
  it.each([
    ['--versions', '0', 'default, latest, all, or a number from 1.'],
    ['--versions', 'newest', 'default, latest, all, or a number from 1.'],
    ['--type', 'LORA,Lorra', 'a list of Checkpoint, TextualInversion, Hypernetwork,'],
    ['--format', 'zip', 'a list of SafeTensor, PickleTensor, GGUF,'],
    ['--since', '2026-02-30', 'a date such as 2026-01-31, or an ISO time'],
    ['--since', 'yesterday', 'a date such as 2026-01-31, or an ISO time'],
    ['--limit', '-1', 'a whole number from 0 to'],
    ['--sort', 'Best', 'one of Highest Rated, Most Downloaded,'],
    ['--period', 'Decade', 'one of Day, Week, Month, Year, AllTime.'],
  ])('of %s is an error: %s', async (flag, value, allowed) => {
    const typed = await download('1', flag, value);
    expect(typed).toMatchObject({ status: 2, stdout: '' });
    expect(typed.stderr.replace(/\s+/g, ' ')).toContain(`'${value}' is not ${allowed}`);
    expect(await configure(flag, value)).toMatchObject({ status: 2, stdout: '' });
    expect(await sandbox.tree('config')).toEqual([]);
  });

  it.each([
    ['--base-model', 'A Base Model Of Next Year'],
    ['--precision', 'fp3_of_next_year'],
  ])('does not exist for %s, whose names are an open list: %s', async (flag, value) => {
    expect(await download('1', flag, value)).toMatchObject({ status: 0 });
    expect(await downloaded()).toEqual([]);
  });
});

describe('a model of which nothing fits', () => {
  const passedOver = ['2', '--base-model', 'Pony'];

  it('is passed over with the reason, and the run succeeds', async () => {
    const { status, stdout, stderr } = await download(...passedOver, '--failed', 'failed.txt');
    expect({ status, stdout }).toEqual({ status: 0, stdout: '' });
    expect(stderr).toContain(
      '  passed over: Clear (model 2) has no version for Pony. Its base models: SDXL 1.0.\n',
    );
    expect(stderr).toMatch(/^1 passed over; 0 B in /m);
    expect(stderr).not.toContain('To retry');
    expect(await sandbox.tree('.')).not.toContain('failed.txt');
  });

  it('is counted beside what is downloaded, and beside what fails', async () => {
    const { status, stderr } = await download('1', ...passedOver, '99');
    expect(status).toBe(7);
    expect(stderr).toMatch(/^1 {2}downloaded\n1 {2}passed over\n1 {2}failed$/m);
    expect((await download(...passedOver, '99')).status).toBe(4);
  });

  it('keeps the options in the command that retries, also that a list is switched off', async () => {
    civitai.fault({ on: 'storage', kind: 'status', status: 404, times: Infinity });
    const { stderr } = await download('1', '--base-model', 'SDXL 1.0, other', '--format', '', '--no-pickle');
    expect(stderr).toMatch(
      /^ {2}civitdl 1 models .* --base-model 'SDXL 1\.0, other' --format '' --no-pickle /m,
    );
  });

  it('is a line of JSON, with a code, that ends the item', async () => {
    const { stdout } = await download(...passedOver, '1', '--json');
    const lines = parseJsonLines(stdout);
    expect(ofType(lines, 'skipped')).toMatchObject([
      { item: 1, source: '2', why: 'passed-over', isLast: true, error: { code: 'nothing-fits' } },
    ]);
    expect(lines.at(-1)).toMatchObject({ exitStatus: 0, downloaded: 1, passedOver: 1, failed: 0 });
  });

  it('is told in a dry run, too', async () => {
    const { status, stderr } = await download(...passedOver, '--dry-run');
    expect(status).toBe(0);
    expect(stderr).toContain('passed over: Clear (model 2) has no version for Pony.');
  });
});

describe('a base model whose name is not known', () => {
  const advice = (stderr: string) => stderr.match(/Did you mean [^?]*\?/g);

  it.each([
    ['SDXL', 'Did you mean SDXL 1.0?'],
    ['SDLX', 'Did you mean SDXL 1.0?'],
    ['Pony,SDLX', 'Did you mean SDXL 1.0?'],
  ])('%s: the closest one is suggested, once for all models', async (typed, expected) => {
    const { status, stderr } = await download('2', '3', '--base-model', `${typed} `, '--type', '');
    expect(status).toBe(0);
    expect(stderr).toContain("warning: No base model is known as 'SD");
    expect(advice(stderr)).toEqual([expected]);
  });

  it('is suggested in JSON, too', async () => {
    const lines = parseJsonLines((await download('2', '--base-model', 'SDXL', '--json')).stdout);
    expect(ofType(lines, 'warned')).toMatchObject([
      { error: { message: expect.stringContaining('Did you mean SDXL 1.0?') } },
    ]);
  });

  it.each([
    ['that is known', 'Pony'],
    ['like that of no other', 'A Base Model Of Next Year'],
  ])('says nothing of a name %s', async (_name, typed) => {
    expect(advice((await download('2', '--base-model', typed)).stderr)).toBeNull();
  });

  it('says nothing where another option passes the model over', async () => {
    expect(advice((await download('2', '--base-model', 'SDXL', '--type', 'LORA')).stderr)).toBeNull();
  });
});

describe('a version that the source names', () => {
  it('is downloaded with a warning, if it does not fit', async () => {
    const { status, stderr } = await download('1@1000000', '--base-model', 'Pony', '--type', 'VAE');
    expect(status).toBe(0);
    expect(stderr).toContain('warning: Ink (model 1), version v1 is for SDXL 1.0, not for Pony.');
    expect(stderr).toContain('warning: Ink (model 1), version v1 is of type LORA, not VAE.');
    expect(await downloaded()).toEqual(['1000000 ink.ckpt']);
  });

  it('has the file that the source or --file names, although the options exclude it', async () => {
    await download('civitai:1@1000000+11', '--no-pickle');
    expect(await downloaded()).toEqual(['1000000 ink.ckpt']);
    await downloadTo('elsewhere', ['1', '--file', '11', '--format', 'GGUF']);
    expect(await downloaded('elsewhere')).toEqual(['1000000 ink.ckpt']);
  });

  it('has all files that fit with --all-files', async () => {
    await download('1@1000000', '--all-files', '--format', 'safetensors');
    expect(await downloaded()).toEqual(['1000000 ink16.safetensors', '1000000 ink32.safetensors']);
  });
});

describe('a warning before the download', () => {
  const PICKLE = 'warning: ink.ckpt is a pickle file';
  const count = (text: string, part: string) => text.split(part).length - 1;

  it('tells of a pickle file once, in a dry run as well, and no more when it is there', async () => {
    const dry = await download('1', '1@1000000', '--dry-run');
    expect(count(dry.stderr, PICKLE)).toBe(1);
    const { stderr } = await download('1', '1@1000000');
    expect(count(stderr, PICKLE)).toBe(1);
    expect(stderr.indexOf(PICKLE)).toBeLessThan(stderr.indexOf('downloading ink'));
    expect(count((await download('1')).stderr, PICKLE)).toBe(0);
    expect(count((await downloadTo('quiet', ['1', '-q'])).stderr, PICKLE)).toBe(0);
  });

  it('tells of each of several files with one name', async () => {
    const { stderr } = await download('1', '4', '1@1000000');
    expect(count(stderr, PICKLE)).toBe(2);
  });

  it('tells of scans that are missing, and of types that are unknown', async () => {
    const { status, stderr, stdout } = await download('3', '--json');
    expect(status).toBe(0);
    expect(stderr).toContain(
      'warning: Beam (model 3) is of the unknown type Hologram, so its folder may be wrong.',
    );
    expect(stderr).toContain(
      'warning: Civitai has not scanned beam.safetensors yet (pickle scan: Pending, virus scan: Pending).',
    );
    const types = parseJsonLines(stdout).map((line) => line.type);
    expect(types.lastIndexOf('warned')).toBeLessThan(types.indexOf('transfer'));
    expect(ofType(parseJsonLines(stdout), 'warned')).toMatchObject([
      { item: 1, error: { code: 'unknown-type' } },
      { item: 1, error: { code: 'scan-result' } },
    ]);
  });

  it('is not given for what is left out', async () => {
    const { stderr } = await download('1', '3', '--without-model');
    expect(stderr).not.toContain('warning');
  });
});

it('a dry run in which nothing fits does not speak of documents', async () => {
  const { status, stderr } = await download('1', '--type', 'VAE', '--dry-run');
  expect(status).toBe(0);
  expect(stderr).toContain('1 passed over');
  expect(stderr).not.toContain('Nothing to download except');
});
