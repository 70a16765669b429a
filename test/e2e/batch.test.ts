import { describe, expect } from 'vitest';
import { ids } from '../fake-civitai/catalog.js';
import { fileBytes } from '../harness/catalog-bytes.js';
import { run } from '../harness/command.js';
import { civitai, it, sandbox } from '../harness/fixture.js';
import { runInProcess } from '../harness/in-process.js';

const ten = ids.batch.models.map(String);
const broken = '700003';

const download = (sources: readonly string[], args: readonly string[] = []) =>
  runInProcess([...sources, 'models', '-i', '0', ...args], sandbox);
const asked = () => civitai.requestsTo('download').length;

function breakThird(): void {
  civitai.fault({ on: 'models', kind: 'status', status: 404, times: Infinity });
  civitai.fault({
    on: 'model',
    where: ({ path }) => path.endsWith(`/${broken}`),
    kind: 'status',
    status: 400,
    times: Infinity,
  });
}

/** Returns the path of the model file of one of the ten. */
function fileOf(id: string): string {
  const number = Number(id) - 700_000;
  return `Batch Model ${number}/batch_${number}-mid_${id}-vid_${710_000 + number}.safetensors`;
}

/** Expects exactly the files of these models. */
async function expectModels(models: readonly string[]): Promise<void> {
  const files = (await sandbox.tree()).filter((name) => !/\.(csv|json)$/.test(name));
  expect(files).toEqual(models.map(fileOf).sort());
  for (const id of models) {
    const right = fileBytes(Number(id) + 20_000);
    expect((await sandbox.read(`models/${fileOf(id)}`)).equals(right), id).toBe(true);
  }
}

/** Returns the command at the end of the output. */
function lastCommand(stderr: string): readonly string[] {
  const [before, last = ''] = stderr.trimEnd().split('\n').slice(-2);
  expect(before).toBe('To retry what failed:');
  expect(last).toMatch(/^ {2}civitdl /);
  return last.trim().split(' ').slice(1);
}

describe('a batch of ten of which the third is broken', () => {
  const others = ten.filter((id) => id !== broken);

  it('is done but for the third, and ends with the command that does it', async () => {
    breakThird();
    const { status, stdout, stderr, waits } = await download(ten);
    expect(status).toBe(7);
    expect(stderr).toMatch(/^9 {2}downloaded\n1 {2}failed\n/m);
    expect(stderr).toContain(`\n${broken}: Model ${broken}: unexpected status 400.\n  Try again later.`);
    expect(stdout.trim().split('\n')).toEqual(others.map((id) => sandbox.path('models', fileOf(id))));
    await expectModels(others);
    expect(asked()).toBe(9);
    // No pause after the model that failed, and after the last one.
    expect(waits).toEqual(Array(8).fill(3000));

    const command = lastCommand(stderr);
    expect(command).toEqual([broken, 'models', '--max-images', '0']);
    civitai.reset();
    expect(await runInProcess(command, sandbox)).toMatchObject({ status: 0 });
    expect(asked()).toBe(1);
    await expectModels(ten);
  });

  it('is the same in a batch file with comments', async () => {
    breakThird();
    await sandbox.write(
      'lists/ten.txt',
      [
        '# Ten small models',
        '700001, 700002',
        '700003   # not there',
        'https://civitai.com/models/700004#reviews, civitai.com/models/700005/a-slug',
        '',
        '700006,,700007,',
        '700008@710008',
        'urn:air:sdxl:lora:civitai:700009@710009 # , 66',
        'https://civitai.com/api/download/models/710010?type=Model&format=SafeTensor',
      ].join('\r\n'),
    );
    const args = ['lists/ten.txt', 'models', '-i', '0', '--pause-time', '0'];
    const { status, stderr } = await run('civitdl', args, sandbox);
    expect(status).toBe(7);
    expect(stderr).toContain(`\n${broken} (lists/ten.txt:3): Model ${broken}: unexpected status 400.\n`);
    expect(lastCommand(stderr)).toEqual([broken, 'models', '--max-images', '0', '--pause-time', '0']);
    await expectModels(others);
  });
});

describe('a batch file', () => {
  it('with a line that is no source does all others, and names file and line', async () => {
    await sandbox.write('list.txt', '700001\nno such thing, 700002\nhttps://example.com/models/66\n700003\n');
    const { status, stderr } = await download(['list.txt']);
    expect(status).toBe(7);
    expect(stderr).toContain("\nno such thing (list.txt:2): 'no such thing' is not a source");
    expect(stderr).toContain('\nhttps://example.com/models/66 (list.txt:3): ');
    expect(stderr).toContain('Only URLs of civitai.com, civitai.red, civitai.green are supported.');
    await expectModels(['700001', '700002', '700003']);
  });

  it('of a batch file is found beside it', async () => {
    await sandbox.write('lists/all.txt', 'some.txt\n700002');
    await sandbox.write('lists/some.txt', '700001');
    expect(await download(['lists/all.txt'])).toMatchObject({ status: 0 });
    await expectModels(['700001', '700002']);
  });

  it('that names itself is told with the chain', async () => {
    await sandbox.write('a.txt', 'b.txt\n700001');
    await sandbox.write('b.txt', 'a.txt');
    const { status, stderr } = await download(['a.txt']);
    expect(status).toBe(7);
    expect(stderr).toContain('a.txt (b.txt:1): Batch files refer to each other in a circle: ');
    await expectModels(['700001']);
  });
});

it('Many images at a time are nothing to warn of', async () => {
  civitai.fault({ on: 'image', kind: 'delay', ms: 300, times: Infinity });
  const { status, stderr } = await run(
    'civitdl',
    [String(ids.manyImages.model), 'models', '-i', '12', '-j', '8'],
    sandbox,
  );
  expect(status).toBe(0);
  expect(stderr).toContain('12 images downloaded');
  expect(stderr).not.toMatch(/warning/i);
});

describe('a run of several', () => {
  it('fetches a file once that is asked for in several ways', async () => {
    const sources = ['700001', '700001@710001', 'civitai.com/models/700001', '700001,700001'];
    const { status, stderr } = await download(sources);
    expect(status).toBe(0);
    expect(asked()).toBe(1);
    expect(stderr).toMatch(/^1 {2}downloaded\n1 {2}duplicate\n/m);
    await expectModels(['700001']);
  });

  it('goes on with what the one before has not done', async () => {
    await download(['700001', '700002']);
    civitai.reset();
    const { status, stderr, waits } = await download(ten.slice(0, 4));
    expect(status).toBe(0);
    expect(stderr).toMatch(/^2 {2}downloaded\n2 {2}already downloaded\n/m);
    expect(asked()).toBe(2);
    // No pause after models that already exist.
    expect(waits).toEqual([3000]);
  });

  it.each([
    ['are all not found', [ids.absent.model, ids.archived.model], 4],
    ['are not found, beside one that was there before', [ids.absent.model, '700001'], 4],
    ['are not found, beside one that was downloaded', [ids.absent.model, '700002'], 7],
    ['fail for several reasons', [ids.absent.model, ids.disabled.model], 7],
  ])('ends with the status of those that %s', async (_what, sources, ends) => {
    await download(['700001']);
    expect(await download(sources.map(String))).toMatchObject({ status: ends });
  });
});
