import { readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { beforeEach, describe, expect } from 'vitest';
import { type CatalogModel, file, model, version } from '../fake-civitai/catalog.js';
import { makeAppRoot } from '../harness/app-roots.js';
import { civitai, it, sandbox } from '../harness/fixture.js';
import { runInProcess } from '../harness/in-process.js';
import { parseJsonLines } from '../harness/json-lines.js';
import { FIRST_MODEL, modelsOf, sourceOf } from './listed-models.js';

const MANY = 25;
const FEW = 6;
const many = modelsOf('inkmaker', MANY);
const few = modelsOf('brushmaker', FEW, FIRST_MODEL + 1_000);
const fewIds = few.map(({ id }) => id);

const pickled = model({
  id: FIRST_MODEL + 2_000,
  name: 'Old Lantern',
  creator: 'picklemaker',
  versions: [
    version({
      id: FIRST_MODEL + 12_000,
      name: 'v1',
      files: [
        file({
          id: FIRST_MODEL + 22_000,
          name: 'old_lantern.ckpt',
          kind: 'zip',
          metadata: { format: 'PickleTensor' },
        }),
      ],
    }),
  ],
});

it.override('serverOptions', { models: [...many, ...few, pickled] });

beforeEach(() => {
  for (const one of few) change(one, { isDropped: false, name: `Lantern ${one.id}` });
});

/** Changes a model of the server. */
function change(one: CatalogModel | undefined, given: Partial<CatalogModel>): void {
  if (one) Object.assign(one, given);
}

const download = (args: readonly string[], input?: string) =>
  runInProcess(['--pause-time', '0', ...args], sandbox, input === undefined ? {} : { input });
const models = async () => (await sandbox.tree()).filter((name) => name.endsWith('.safetensors'));

/** Returns the requests since the last call by their routes. */
function takeRequests(): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { route } of civitai.requests) counts[route] = (counts[route] ?? 0) + 1;
  civitai.reset();
  return counts;
}

/** Returns the ids of the versions that the cache has as finished. */
async function finishedVersions(): Promise<readonly number[]> {
  const names = (await sandbox.tree('cache')).filter((name) => /^finished-1.*jsonl$/.test(name));
  const texts = await Promise.all(names.map(async (name) => String(await sandbox.read(`cache/${name}`))));
  return texts.flatMap((text) => [...text.matchAll(/modelVersionId=(\d+)/g)].map(([, id]) => Number(id)));
}

const planOf = (stdout: string) => parseJsonLines(stdout).find(({ type }) => type === 'plan');

describe('a run with a list', () => {
  it('begins with a summary, and does not ask for a few models', async () => {
    const { status, stderr } = await download(['user:brushmaker', 'models']);
    expect(status).toBe(0);
    const lines = stderr.split('\n');
    const start = lines.findIndex((line) => line.trim() === 'models  files     size');
    expect(lines.slice(start, start + 6)).toEqual([
      '             models  files     size',
      'LORA              4      4  8.00 kB',
      'Checkpoint        2      2  4.00 kB',
      'all               6      6  12.0 kB',
      'to download       6      6  12.0 kB',
      expect.stringMatching(/^12\.0 kB to download for 6 model files in .*models; .* free$/),
    ]);
    expect(start).toBeLessThan(lines.findIndex((line) => line.startsWith('[1/6]')));
    expect(await models()).toHaveLength(FEW);
  });

  it('with many models needs --yes where nobody can be asked, and does nothing before', async () => {
    const args = ['user:inkmaker', 'models', '-i', '0', '--failed', 'failed.txt'];
    const { status, stdout, stderr } = await download(args);
    expect(status).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toContain(
      '\nThe lists have 25 models (50.0 kB) to download. Nothing was downloaded, because nobody can be asked. ' +
        'To download them:\ncivitdl user:inkmaker models --yes --max-images 0 --pause-time 0 --failed failed.txt\n',
    );
    expect(takeRequests()).toEqual({ models: 1 });
    expect(await sandbox.tree('.')).toEqual([]);

    const command =
      stderr
        .split('\n')
        .find((line) => line.startsWith('civitdl '))
        ?.trim()
        .split(' ') ?? [];
    expect(await runInProcess(command.slice(1), sandbox)).toMatchObject({ status: 0 });
    expect(await models()).toHaveLength(MANY);
    // Everything is there now.
    const again = await download(args);
    expect(again.status).toBe(0);
    expect(again.stderr).toMatch(/^already on disk +25 +25 +50\.0 kB$/m);
  });

  it('counts what is there already by the index of files as well', async () => {
    await download([many.map(({ id }) => id).join(), 'models', '-i', '0']);
    const { status, stderr } = await download(['user:inkmaker', 'models', '-i', '0']);
    expect(status).toBe(0);
    expect(stderr).toMatch(/^to download +0 +0$/m);
  });

  it.each(['-y', '--yes'])('with many models starts with %s', async (yes) => {
    expect(await download(['user:inkmaker', 'models', '-i', '0', yes])).toMatchObject({ status: 0 });
    expect(await models()).toHaveLength(MANY);
  });

  it('never asks in a dry run, which has no summary', async () => {
    const { status, stderr, stdout } = await download(['user:inkmaker', 'models', '-i', '0', '--dry-run']);
    expect(status).toBe(0);
    expect(stdout.match(/\.safetensors/g)).toHaveLength(MANY);
    expect(stderr).not.toContain('models  files');
    expect(await sandbox.tree()).toEqual([]);
  });

  it('never asks for single sources, however many', async () => {
    const { status, stderr } = await download([many.map(({ id }) => id).join(), 'models', '-i', '0']);
    expect(status).toBe(0);
    expect(stderr).not.toContain('models  files');
  });

  it('prints no summary with --quiet', async () => {
    expect((await download(['user:brushmaker', 'models', '-i', '0', '-q'])).stderr).toBe('');
  });

  it('has the summary as a line of --json', async () => {
    const counts = { models: FEW, versions: FEW, files: FEW, bytes: 2_000 * FEW, unknown: 0 };
    const none = { models: 0, versions: 0, files: 0, bytes: 0, unknown: 0 };
    const { status, stdout } = await download([`user:brushmaker,${FIRST_MODEL}`, 'models', '--json']);
    expect(status).toBe(0);
    expect(planOf(stdout)).toEqual({
      v: 1,
      type: 'plan',
      items: FEW + 1,
      listed: counts,
      present: none,
      missing: counts,
      types: [
        { type: 'LORA', models: 4, versions: 4, files: 4, bytes: 8_000, unknown: 0 },
        { type: 'Checkpoint', models: 2, versions: 2, files: 2, bytes: 4_000, unknown: 0 },
      ],
      otherSources: 1,
      space: [
        {
          directory: sandbox.path('models'),
          files: FEW,
          unknown: 0,
          missing: 2_000 * FEW,
          free: expect.any(Number),
          fits: true,
        },
      ],
    });
    const refused = await download(['user:inkmaker', 'models', '--json']);
    expect(refused.status).toBe(2);
    expect(parseJsonLines(refused.stdout).map(({ type }) => type)).toEqual(['listed', 'plan', 'error']);
  });
});

describe('a second run of a finished list', () => {
  const args = ['user:brushmaker', 'models'];

  it('makes no request but for the list, and says the same as one that compares all', async () => {
    expect(await download(args)).toMatchObject({ status: 0 });
    const compared = await download([...args, '--json', '--cache-mode', '0']);
    takeRequests();
    const before = await sandbox.tree('.');
    const remembered = await download([...args, '--json']);
    expect(takeRequests()).toEqual({ models: 1 });
    expect(await sandbox.tree('.')).toEqual(before);
    const linesOf = ({ stdout }: { stdout: string }) =>
      parseJsonLines(stdout)
        .filter(({ type }) => !['plan', 'planned', 'summary'].includes(type))
        .map((line) =>
          JSON.stringify(line)
            .replace(/"checkedAt":\d+,?/g, '')
            .replace(/,}/g, '}'),
        )
        .sort();
    expect(linesOf(remembered)).toEqual(linesOf(compared));
    expect(parseJsonLines(remembered.stdout).at(-1)).toMatchObject({
      exitStatus: 0,
      present: FEW,
      images: { fetched: 0, present: FEW, failed: 0 },
      bytes: 0,
    });
    expect(remembered.stdout).toContain('"verified":"SHA256","checkedAt":');
  });

  const vid = (id: number) => id + 10_000;
  const folder = `models/Lantern ${fewIds[1]}`;
  const modelFile = `${folder}/lantern_${fewIds[1]}-mid_${fewIds[1]}-vid_${vid(fewIds[1] ?? 0)}.safetensors`;
  const extra = `${folder}/extra_data-vid_${vid(fewIds[1] ?? 0)}`;

  it.each<readonly [string, () => Promise<unknown>]>([
    ['the model file was touched', () => utimes(sandbox.path(modelFile), 1, 1)],
    ['the model file was deleted', () => rm(sandbox.path(modelFile))],
    [
      'the list of hashes was changed',
      () => writeFile(sandbox.path(modelFile.replace(/\.safet.*/, '.csv')), ''),
    ],
    ['an image was deleted', () => rm(sandbox.path(extra, `${(fewIds[1] ?? 0) + 30_000}.jpeg`))],
    ['a prompt was deleted', () => rm(sandbox.path(extra, `${(fewIds[1] ?? 0) + 30_000}-prompt.json`))],
    ['its name has changed on the server', async () => change(few[1], { name: 'Renamed' })],
  ])('looks again at a model if %s', async (_what, damage) => {
    expect(await download(args)).toMatchObject({ status: 0 });
    await damage();
    takeRequests();
    expect(await download(args)).toMatchObject({ status: 0 });
    const requests = takeRequests();
    expect(requests).toMatchObject({ models: 1, version: 1 });
    expect((requests.model ?? 0) + (requests.version ?? 0)).toBeLessThanOrEqual(2);
    // Then it is finished again.
    expect(await download(args)).toMatchObject({ status: 0 });
    expect(takeRequests()).toEqual({ models: 1 });
  });

  it('looks at new models only', async () => {
    change(few[0], { isDropped: true });
    expect(await download(args)).toMatchObject({ status: 0 });
    change(few[0], { isDropped: false });
    takeRequests();
    const { stderr } = await download(args);
    expect(stderr).toMatch(/^already on disk +5 /m);
    expect(takeRequests()).toMatchObject({ models: 1, version: 1, download: 1 });
    expect(await models()).toHaveLength(FEW);
  });

  it.each([
    ['other options', ['-i', '0']],
    ['another sorter', ['-s', 'tags']],
    ['--cache-mode 0', ['--cache-mode', '0']],
    ['--strict-mode 0', ['--strict-mode', '0']],
    ['--model-overwrite', ['--model-overwrite']],
  ])('looks at all models with %s', async (_what, more) => {
    expect(await download(args)).toMatchObject({ status: 0 });
    takeRequests();
    expect(await download([...args, ...more])).toMatchObject({ status: 0 });
    expect(takeRequests()).toMatchObject({ version: FEW });
  });

  it('looks at all models after the cache was cleared', async () => {
    expect(await download(args)).toMatchObject({ status: 0 });
    await runInProcess(['cache', '--clear'], sandbox, { command: 'civitconfig' });
    takeRequests();
    expect(await download(args)).toMatchObject({ status: 0 });
    expect(takeRequests()).toMatchObject({ version: FEW });
  });

  it('tries images again that have failed', async () => {
    civitai.fault({ on: 'image', kind: 'status', status: 404, times: 1 });
    expect(await download(args)).toMatchObject({ status: 0 });
    takeRequests();
    expect(await download(args)).toMatchObject({ status: 0 });
    expect(takeRequests()).toMatchObject({ version: 1, image: 1 });
  });

  it('finishes a model without its file as well', async () => {
    expect(await download([...args, '--without-model'])).toMatchObject({ status: 0 });
    takeRequests();
    const { stderr } = await download([...args, '--without-model']);
    expect(takeRequests()).toEqual({ models: 1 });
    expect(stderr).toContain('6  without the model file');
  });

  it.each(['ComfyUI', 'StabilityMatrix', 'SD.Next'] as const)(
    'makes no request in %s, unless another program has changed what is next to a model',
    async (title) => {
      makeAppRoot(sandbox.path('models'), title);
      expect(await download(args)).toMatchObject({ status: 0 });
      takeRequests();
      expect(await download(args)).toMatchObject({ status: 0 });
      expect(takeRequests()).toEqual({ models: 1 });
      const sidecars = (await sandbox.tree()).filter((name) => name.includes(`${fewIds[1]}`));
      const written = sidecars.find((name) => /lantern_\d+(\.metadata)?\.json$/.test(name)) ?? '';
      await sandbox.write(`models/${written}`, '{"favorite": true}');
      expect(await download(args)).toMatchObject({ status: 0 });
      expect(takeRequests()).toMatchObject({ version: 1 });
      expect(JSON.parse(String(await sandbox.read(`models/${written}`)))).toMatchObject({ favorite: true });
      expect(await download(args)).toMatchObject({ status: 0 });
      expect(takeRequests()).toEqual({ models: 1 });
    },
  );

  it('makes no request for a model with a caution, such as a pickle file', async () => {
    const typed = ['user:picklemaker', 'models'];
    expect((await download(typed)).stderr).toContain('is a pickle file');
    takeRequests();
    expect(await download(typed)).toMatchObject({ status: 0 });
    expect(takeRequests()).toEqual({ models: 1 });
  });

  it('warns once if the record cannot be used, and does everything else', async () => {
    await sandbox.write('cache/finished-1', 'a file in the place of the folder');
    const { status, stderr } = await download(args);
    expect(status).toBe(0);
    expect(stderr.match(/warning: The record of finished models is unavailable/g)).toHaveLength(1);
    expect(await models()).toHaveLength(FEW);
  });

  it('warns once of a cache whose folder is a file, and does everything else', async () => {
    await sandbox.write('cache', 'a file in the place of the folder');
    const { status, stderr } = await download(args);
    expect(status).toBe(0);
    expect(stderr.match(/warning: /g)).toHaveLength(1);
    expect(stderr).toContain('CIVITDL_CACHE_DIR');
    expect(await models()).toHaveLength(FEW);
  });

  it('records nothing for single sources', async () => {
    await download([fewIds.join(), 'models']);
    expect((await sandbox.tree('cache')).filter((name) => name.startsWith('finished'))).toEqual([]);
  });
});

describe('the list of failures of a run with lists', () => {
  const args = ['user:brushmaker', 'models', '-i', '0', '--failed', 'failed.txt'];
  const failed = () => readFile(sandbox.path('failed.txt'), 'utf8');

  function breakModel(id: number): void {
    civitai.fault({
      on: 'download',
      where: ({ path }) => path.endsWith(`/${id + 10_000}`),
      kind: 'status',
      status: 500,
      times: Infinity,
    });
  }

  it('names versions by their ids, and what the list was', async () => {
    breakModel(fewIds[2] ?? 0);
    const { status, stderr } = await download([...args, '--retry-count', '0']);
    expect(status).toBe(7);
    const source = sourceOf(fewIds[2] ?? 0);
    expect((await failed()).split('\n').slice(-3)).toEqual([
      expect.stringMatching(/^# user:brushmaker: .*500/),
      source,
      '',
    ]);
    expect(stderr).toContain('\n  civitdl failed.txt models ');
    // Without the list of failures, the command has the ids.
    const without = await download(args.slice(0, -2).concat('--retry-count', '0'));
    expect(without.stderr).toContain(`\n  civitdl ${source} models `);
  });

  it('loses nothing when the list has changed meanwhile', async () => {
    const [first = 0, , third = 0] = fewIds;
    change(few[5], { isDropped: true });
    for (const id of [first, third]) breakModel(id);
    expect(await download([...args, '--retry-count', '0'])).toMatchObject({ status: 7 });
    civitai.reset();
    change(few[0], { isDropped: true });
    change(few[5], { isDropped: false });
    expect(
      await runInProcess(['failed.txt', 'models', '-i', '0', '--failed', 'failed.txt'], sandbox),
    ).toMatchObject({ status: 0 });
    expect(takeRequests()).toMatchObject({ download: 2 });
    expect(await models()).toHaveLength(FEW - 1);
    await expect(failed()).rejects.toThrow('ENOENT');
  });

  it('tells what has vanished after it was listed apart', async () => {
    const gone = fewIds[1] ?? 0;
    for (const on of ['model', 'version'] as const)
      civitai.fault({
        on,
        where: ({ path }) => path.endsWith(`/${on === 'model' ? gone : gone + 10_000}`),
        kind: 'status',
        status: 404,
        times: Infinity,
      });
    expect(await download(args)).toMatchObject({ status: 7 });
    expect((await failed()).split('\n').slice(-4)).toEqual([
      '# These can never work:',
      expect.stringMatching(/^# user:brushmaker: .*not found/),
      `# ${sourceOf(gone)}`,
      '',
    ]);
  });

  it('has all planned models that an interrupted run has not finished', async () => {
    const controller = new AbortController();
    const ended = runInProcess(['--pause-time', '0', ...args], sandbox, { interrupted: controller.signal });
    while ((await models()).length < 2) await new Promise((resolve) => setTimeout(resolve, 2));
    const { InterruptedError } = await import('../../src/errors.js');
    controller.abort(new InterruptedError());
    expect((await ended).status).toBe(130);
    const finished = (await models()).length;
    const listed = (await failed()).split('\n').filter((line) => /^\d/.test(line));
    expect(listed.length).toBeGreaterThanOrEqual(FEW - finished);
    expect(listed.every((line) => fewIds.map(sourceOf).includes(line))).toBe(true);
    // What is to be downloaded is not recorded as finished.
    const records = await finishedVersions();
    expect(records.filter((id) => listed.some((line) => line.endsWith(`@${id}`)))).toEqual([]);
    change(few[5], { isDropped: true });
    expect(await runInProcess(['failed.txt', 'models', '-i', '0'], sandbox)).toMatchObject({ status: 0 });
    expect(await models()).toHaveLength(FEW);
  });
});
