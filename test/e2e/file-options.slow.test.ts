import { describe, expect } from 'vitest';
import { catalog, file, ids, image, model, version } from '../fake-civitai/catalog.js';
import { run } from '../harness/command.js';
import { civitai, it, sandbox } from '../harness/fixture.js';
import { runInProcess } from '../harness/in-process.js';

const { sameName, trainingData, noPrimary, anything } = ids;
const two = model({
  id: 1,
  name: 'Two',
  versions: [
    version({
      id: 2,
      name: 'v1',
      files: [file({ id: 3, name: 'a.safetensors' }), file({ id: 4, name: 'b.safetensors' })],
      images: [image({ id: 5 }), image({ id: 6 })],
    }),
  ],
});

it.override('serverOptions', { models: [...catalog, two] });

const download = (source: number | string, args: readonly string[]) =>
  runInProcess([String(source), 'models', ...args], sandbox);
const files = async () =>
  (await sandbox.tree())
    .filter((name) => /\.(safetensors|ckpt|zip|yaml)$/.test(name))
    .map((name) => name.split('/').at(-1));

describe('--all-files', () => {
  it('downloads each file of a version, the primary one under its plain name', async () => {
    const { status, stderr } = await run(
      'civitdl',
      [String(sameName.model), 'models', '--all-files'],
      sandbox,
      {
        env: {},
      },
    );
    expect(status).toBe(0);
    expect(await files()).toEqual([
      `sameName-mid_${sameName.model}-vid_${sameName.version}-fid_${sameName.fp32File}.safetensors`,
      `sameName-mid_${sameName.model}-vid_${sameName.version}.safetensors`,
    ]);
    expect(stderr).toMatch(/pausing for 3 s/);
    expect(stderr).toMatch(/^2 {2}downloaded$/m);
  });

  it('asks for the images once, also where the first file fails', async () => {
    for (const fails of [false, true]) {
      civitai.reset();
      await sandbox.clear();
      if (fails) civitai.fault({ on: 'storage', kind: 'status', status: 404, times: 1 });
      await download(two.id, ['--all-files']);
      expect(civitai.requestsTo('image')).toHaveLength(2);
      expect(await files()).toHaveLength(fails ? 1 : 2);
    }
  });

  it('leaves training data out', async () => {
    await download(trainingData.model, ['--all-files']);
    expect(await files()).toEqual([expect.stringMatching(/^withTraining-/)]);
  });

  it('goes on after a file that fails, and fetches the images all the same', async () => {
    civitai.fault({ on: 'storage', kind: 'status', status: 404, times: 1 });
    const { status, stderr } = await download(noPrimary.model, ['--all-files']);
    expect(status).toBe(7);
    expect(stderr).toMatch(/^1 {2}downloaded\n1 {2}failed$/m);
    expect(stderr).toContain(`civitdl ${noPrimary.model} models --all-files`);
    expect(await files()).toHaveLength(1);
  });

  it('means one file where the source names it', async () => {
    const url = `https://civitai.com/api/download/models/${sameName.version}?fileId=${sameName.fp32File}`;
    await download(url, ['--all-files']);
    expect(await files()).toEqual([expect.stringContaining(`-fid_${sameName.fp32File}`)]);
  });

  it('finds what is there already, and says so of each', async () => {
    await download(sameName.model, ['--all-files', '-i', '0']);
    const { stderr } = await download(sameName.model, ['--all-files', '-i', '0']);
    expect(stderr).toMatch(/^2 {2}already downloaded\n0 B/m);
  });
});

describe('--file', () => {
  it.each<readonly [what: string, model: number, named: string, name: RegExp]>([
    ['an id', sameName.model, String(sameName.fp32File), /^sameName-.*-fid_320120\.safetensors$/],
    ['a name', noPrimary.model, 'noPrimary_v1.YAML', /^noPrimary_v1-.*\.yaml$/],
    ['a type', noPrimary.model, 'config', /^noPrimary_v1-.*\.yaml$/],
    [
      'training data by type',
      trainingData.model,
      'Training Data',
      /^withTrainingData_v1_trainingData-.*\.zip$/,
    ],
    ['training data by id', trainingData.model, String(trainingData.dataFile), /trainingData-.*\.zip$/],
  ])('is %s', async (_what, model, named, name) => {
    const { status } = await download(model, ['--file', named, '-i', '0']);
    expect(status).toBe(0);
    expect(await files()).toEqual([expect.stringMatching(name)]);
  });

  it('lists the candidates where none fits, or several do', async () => {
    const none = await run('civitdl', [String(sameName.model), 'models', '--file', 'Config'], sandbox);
    expect(none.status).toBe(4);
    expect(none.stderr).toContain(
      `No file of model version ${sameName.version} matches 'Config'. Available files:`,
    );
    const several = await download(sameName.model, ['--file', 'Model']);
    expect(several.status).toBe(4);
    expect(several.stderr).toContain(`Several files of model version ${sameName.version} match 'Model':`);
    for (const { stderr } of [none, several]) {
      expect(stderr).toMatch(
        new RegExp(
          `${sameName.fp16File} sameName\\.safetensors \\(Model, SafeTensor, fp16, pruned, [\\d.]+ MB\\)`,
        ),
      );
      expect(stderr).toContain(`${sameName.fp32File} sameName.safetensors (Model, SafeTensor, fp32, full,`);
      expect(stderr).toContain(`civitdl ${sameName.model} models --file`);
    }
    const training = await download(trainingData.model, ['--file', 'withTrainingData_v1_trainingData.zip']);
    expect(training.status).toBe(4);
    expect(training.stderr).toContain(
      `${trainingData.dataFile} withTrainingData_v1_trainingData.zip (Training Data`,
    );
    expect(civitai.requestsTo('download')).toHaveLength(0);
  });

  it('is one file though all are the default, but not typed together with all', async () => {
    await run('civitconfig', ['default', '--all-files'], sandbox);
    await download(sameName.model, ['--file', String(sameName.fp16File)]);
    expect(await files()).toHaveLength(1);
    const both = await download(sameName.model, ['--file', 'x', '--all-files']);
    expect(both.status).toBe(2);
    expect(both.stderr).toContain('--all-files and --file cannot be combined.');
  });
});

describe('--dry-run', () => {
  it('prints files, sizes, hashes and paths, and transfers nothing', async () => {
    const { status, stdout, stderr } = await run(
      'civitdl',
      [String(anything.model), 'models', '--dry-run', '--verbose'],
      sandbox,
    );
    expect(status).toBe(0);
    const folder = sandbox.path('models/anythingV3_fp16');
    const lines = stdout.trimEnd().split('\n');
    expect(lines[0]).toMatch(
      new RegExp(
        `^model +[\\d.]+ [kM]B  SHA256 [0-9A-F]{64}  ${folder}/anythingV3_fp16-mid_66-vid_75\\.ckpt$`,
      ),
    );
    expect(lines[1]).toMatch(
      new RegExp(`^document +[\\d.]+ k?B  ${folder}/extra_data-vid_75/model_dict-mid_66-vid_75\\.json$`),
    );
    expect(lines).toContain(`image               ${folder}/extra_data-vid_75/517.*`);
    expect(lines).toHaveLength(1 + 2 + 3 + 3);
    expect(stderr).toMatch(/^1 planned; 0 B/m);
    expect(await sandbox.tree()).toEqual([]);
    for (const route of ['download', 'storage', 'image'] as const)
      expect(civitai.requestsTo(route)).toEqual([]);
  });

  it('plans what the run then writes', async () => {
    const args = ['-i', '2', '--all-files', '--no-with-prompt'];
    const plan = await download(sameName.model, [...args, '--dry-run']);
    expect(plan.waits).toEqual([]);
    const planned = plan.stdout
      .trimEnd()
      .split('\n')
      .map((line) => line.slice(line.indexOf('/')));
    await download(sameName.model, args);
    const written = (await sandbox.tree()).map((name) => sandbox.path('models', name));
    const withoutExtension = (path: string) =>
      path.includes('extra_data') ? path.replace(/\.[^.]+$/, '') : path;
    expect([...new Set(planned.map(withoutExtension))].sort()).toEqual(written.map(withoutExtension).sort());
  });

  it('fails as the run would', async () => {
    const { status, stdout } = await download(ids.absent.model, ['--dry-run']);
    expect(status).toBe(4);
    expect(stdout).toBe('');
  });
});

describe('--json', () => {
  const objects = (stdout: string) =>
    stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));

  it('tells a program what happens, one object per line', async () => {
    const env = { CIVITAI_API_KEY: civitai.goodKey };
    const ended = await run(
      'civitdl',
      [`${anything.model}, ${ids.absent.model}`, 'models', '--json', '-i', '1', '--pause-time', '0'],
      sandbox,
      { env },
    );
    expect(ended.status).toBe(7);
    const events = objects(ended.stdout);
    const ofType = (type: string) => events.filter((event) => event.type === type);
    expect(ofType('started')).toMatchObject([
      { source: String(anything.model), item: 1, of: 2 },
      { source: String(ids.absent.model), item: 2, of: 2 },
    ]);
    expect(ofType('resolved')).toMatchObject([
      {
        model: { id: 66, name: 'anythingV3_fp16', type: 'Checkpoint' },
        version: { id: 75, baseModel: 'SD 1.5' },
      },
    ]);
    const path = sandbox.path('models/anythingV3_fp16/anythingV3_fp16-mid_66-vid_75.ckpt');
    expect(ofType('file')).toMatchObject([{ file: { how: 'downloaded', target: path, verified: 'SHA256' } }]);
    expect(ofType('finished')).toMatchObject([
      { item: 1, source: '66', images: { fetched: 1 }, isLast: true },
    ]);
    expect(ofType('failed')).toMatchObject([
      { item: 2, error: { code: 'not-found', message: expect.any(String), hint: expect.any(String) } },
    ]);
    expect(events.at(-1)).toMatchObject({ type: 'summary', exitStatus: 7, downloaded: 1, failed: 1 });
    expect(ended.stderr).toMatch(/^1 {2}downloaded\n1 {2}failed$/m);
    expect(ended.stdout).not.toContain(civitai.goodKey);
    expect(ended.stdout).not.toMatch(/Authorization|Signature/);
  });

  it('has the plan of a dry run', async () => {
    const { stdout } = await download(anything.model, ['--json', '--dry-run', '-i', '1']);
    const planned = objects(stdout).find(({ type }) => type === 'planned');
    expect(planned.files).toMatchObject([
      { kind: 'model', size: expect.any(Number), sha256: expect.stringMatching(/^[0-9A-F]{64}$/) },
      { kind: 'document' },
      { kind: 'document' },
      { kind: 'document', path: expect.stringMatching(/517-prompt\.json$/) },
      { kind: 'image', path: expect.stringMatching(/517\.\*$/), url: expect.stringMatching(/^http/) },
    ]);
  });

  it('tells what kept a run from starting', async () => {
    const { status, stdout, stderr } = await download('https://example.com/x', ['--json']);
    expect(status).toBe(2);
    expect(objects(stdout)).toMatchObject([{ type: 'error', error: { code: 'bad-source' } }]);
    expect(stderr).toContain('example.com');
  });

  it('does not tell each of many small steps', async () => {
    civitai.setRate(3_000_000);
    const env = { CIVITAI_API_KEY: civitai.goodKey };
    const { stdout } = await runInProcess(
      [String(ids.mainExample.model), 'models', '--json', '-i', '0'],
      sandbox,
      { env },
    );
    const steps = objects(stdout).filter(({ type }) => type === 'progress');
    expect(steps.length).toBeGreaterThanOrEqual(1);
    expect(steps.length).toBeLessThan(5);
  });
});
