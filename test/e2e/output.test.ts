import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { describe, expect } from 'vitest';
import { InterruptedError } from '../../src/errors.js';
import { ids } from '../fake-civitai/catalog.js';
import { dailyLimit } from '../fake-civitai/civitai.js';
import { binary } from '../harness/command.js';
import { civitai, it, sandbox } from '../harness/fixture.js';
import { runInProcess } from '../harness/in-process.js';
import { type JsonLine, parseJsonLines } from '../harness/json-lines.js';

const ten = ids.batch.models.map(String);
const absent = String(ids.absent.model);

const download = (...args: readonly string[]) => runInProcess([...args, 'models', '-i', '0'], sandbox);
const read = async (name: string) => String(await sandbox.read(name));

describe('--failed', () => {
  it('lists what failed for the next run, and is gone when that has had it', async () => {
    civitai.fault({ on: 'models', kind: 'status', status: 404 });
    civitai.fault({
      on: 'model',
      where: ({ path }) => path.endsWith('/700003'),
      kind: 'status',
      status: 400,
    });
    await sandbox.write('list.txt', `700001\nno such thing\n${absent}\n700003\n`);
    const first = await download('list.txt', '--failed', 'lists/failed.txt', '-j', '2');
    expect(first.status).toBe(7);
    expect((await read('lists/failed.txt')).split('\n')).toEqual([
      '# What failed in a run of civitdl',
      expect.stringMatching(
        /^# 20\S+Z: civitdl list\.txt models --max-images 0 --jobs 2 --failed lists\/failed\.txt$/,
      ),
      expect.stringMatching(/^# To retry: civitdl lists\/failed\.txt models .*--failed lists\/failed\.txt$/),
      '#',
      '# list.txt:4: Model 700003: unexpected status 400.',
      '700003',
      '#',
      '# These can never work:',
      expect.stringMatching(/^# list\.txt:2: 'no such thing' is not a source/),
      '# no such thing',
      expect.stringMatching(/^# list\.txt:3: Model 399999 was not found/),
      '# 399999',
      '',
    ]);
    const command = /^ {2}civitdl (.*)$/m.exec(first.stderr)?.[1]?.split(' ') ?? [];
    expect(command.slice(0, 2)).toEqual(['lists/failed.txt', 'models']);
    const second = await runInProcess(command, sandbox);
    expect(second).toMatchObject({ status: 0 });
    expect(civitai.requestsTo('download')).toHaveLength(2);
    await expect(sandbox.read('lists/failed.txt')).rejects.toThrow('ENOENT');
  });

  it('starts nothing where something else is in the way', async () => {
    await sandbox.write('mine.txt', 'mine');
    const { status, stderr } = await download('700001', '--failed', 'mine.txt');
    expect(status).toBe(2);
    expect(stderr).toContain(`--failed cannot write ${sandbox.path('mine.txt')}: the file already exists`);
    expect(civitai.requests).toEqual([]);
    expect(await read('mine.txt')).toBe('mine');
  });

  it('is left alone by a dry run', async () => {
    await download(absent, '--failed', 'failed.txt');
    const before = await read('failed.txt');
    expect(await download('700001', '--failed', 'failed.txt', '--dry-run')).toMatchObject({ status: 0 });
    expect(await read('failed.txt')).toBe(before);
  });

  it('keeps no token of a URL', async () => {
    await download(`https://civitai.com/models/${absent}?token=0123456789`, '--failed', 'failed.txt');
    const list = await read('failed.txt');
    expect(list).not.toContain('0123456789');
    expect(list).toContain(`civitai.com/models/${absent}`);
  });

  it('has what was not started', async () => {
    const stop = new AbortController();
    stop.abort(new InterruptedError());
    const args = ['700001', '700002', 'models', '--failed', 'failed.txt'];
    const { status } = await runInProcess(args, sandbox, { interrupted: stop.signal });
    expect(status).toBe(130);
    expect(await read('failed.txt')).toMatch(
      /\n# not started: Interrupted\.\n700001\n# not started: Interrupted\.\n700002\n$/,
    );
  });
});

describe('--quiet', () => {
  it('says nothing where all is well', async () => {
    expect(await download('700001', '700002', '--quiet', '-j', '2')).toMatchObject({
      status: 0,
      stdout: '',
      stderr: '',
    });
  });

  it('says once what failed, and how to try it again', async () => {
    const early = String(ids.earlyAccess.model);
    const { status, stdout, stderr } = await download('700001', absent, early, '--quiet');
    expect([status, stdout]).toEqual([7, '']);
    expect(stderr.split('\n')).toEqual([
      expect.stringMatching(new RegExp(`^${absent}: Model ${absent} was not found`)),
      expect.stringMatching(/^ {2}Check the id/),
      '',
      expect.stringMatching(new RegExp(`^${early}: File model_310002`)),
      expect.stringMatching(/^ {2}Buy access/),
      '',
      `Not retried, because it can never work: ${absent}`,
      'To retry what failed:',
      expect.stringMatching(new RegExp(`^ {2}civitdl ${early} models`)),
      '',
    ]);
  });

  it('leaves the lines for a program', async () => {
    const { stdout, stderr } = await download('700001', '--quiet', '--json');
    expect(stderr).toBe('');
    expect(parseJsonLines(stdout).at(-1)).toMatchObject({ type: 'summary', downloaded: 1 });
  });
});

describe('--dry-run', () => {
  it('sums up what is to be fetched, and what is free', async () => {
    await download('700001');
    const { stderr } = await download('700001', '700002', '700003', '--dry-run');
    expect(stderr).toMatch(/^\S+ kB to download for 2 model files in \/\S+models; \S+ [MGT]B free$/m);
  });

  it('has the SHA256 for whoever wants details', async () => {
    expect((await download('700001', '--dry-run')).stdout).not.toContain('SHA256');
    const { stdout } = await download('700001', '--dry-run', '--verbose');
    expect(stdout).toMatch(/^model +\S+ kB {2}SHA256 [0-9A-F]{64} {2}\/\S+models\//m);
  });

  it('says what not everybody gets', async () => {
    const { model, version } = ids.earlyAccess;
    const { stdout } = await download(String(model), '--dry-run');
    expect(stdout).toMatch(
      new RegExp(
        `^note +Version ${version} .* is in early access until \\S+ It requires the API key of an account`,
      ),
    );
    expect(civitai.requestsTo('download')).toEqual([]);
  });

  it('tells a program the same', async () => {
    const args = ['700002', String(ids.paidForever.model), '--dry-run', '--json'];
    const lines = parseJsonLines((await download(...args)).stdout);
    const [, paid] = ofType(lines, 'planned');
    expect(paid).toMatchObject({ obstacle: { code: 'early-access' }, files: [{ from: 'network' }, {}, {}] });
    expect(lines.at(-1)).toMatchObject({
      planned: 2,
      space: [{ files: 2, unknown: 0, missing: expect.any(Number), free: expect.any(Number), fits: true }],
    });
  });
});

describe('--json', () => {
  it('has what a program needs of a model in the line of its end', async () => {
    const { model, version } = ids.mainExample;
    const env = { CIVITAI_API_KEY: civitai.goodKey };
    const args = [String(model), 'models', '-i', '0', '--json'];
    const lines = parseJsonLines((await runInProcess(args, sandbox, { env })).stdout);
    const relativePath = `Paper Lantern Ink/PaperLanternInk-v2-mid_${model}-vid_${version}.safetensors`;
    const facts = {
      model: { id: model, name: 'Paper Lantern Ink', type: 'LORA' },
      version: { id: version, name: 'v2', baseModel: 'SDXL 1.0', trainedWords: ['ppr lntrn'] },
      page: `https://civitai.com/models/${model}?modelVersionId=${version}`,
    };
    expect(ofType(lines, 'resolved')).toMatchObject([facts]);
    expect(ofType(lines, 'file')).toMatchObject([{ file: { relativePath } }]);
    expect(ofType(lines, 'finished')).toMatchObject([{ ...facts, file: { relativePath } }]);
    expect(ofType(lines, 'planned')[0]?.files[0]).toMatchObject({ relativePath });
    const again = parseJsonLines((await runInProcess(args, sandbox, { env })).stdout);
    expect(ofType(again, 'skipped')).toMatchObject([{ why: 'present', ...facts, file: { relativePath } }]);
  });

  it('keeps what several jobs do apart by their numbers', async () => {
    const args = [...ten, absent, '700001@710001', '--json', '-j', '4', '--pause-time', '0'];
    const { status, stdout } = await download(...args);
    expect(status).toBe(7);
    const lines = parseJsonLines(stdout);
    expect(ofType(lines, 'planned')).toHaveLength(11);
    expect(ofType(lines, 'started')).toHaveLength(12);
    expect(
      ofType(lines, 'finished')
        .map(({ source }) => source)
        .sort(),
    ).toEqual(ten);
    expect(ofType(lines, 'failed')).toMatchObject([{ source: absent, error: { code: 'not-found' } }]);
    expect(ofType(lines, 'skipped')).toMatchObject([{ item: 12, why: 'repeated' }]);
    expect(lines.at(-1)).toMatchObject({ type: 'summary', downloaded: 10, failed: 1, repeated: 1 });
  });

  it('has a line for what is no source, and for what is not started', async () => {
    const stop = new AbortController();
    stop.abort(new InterruptedError());
    await sandbox.write('list.txt', 'no such thing\n700001\n');
    const args = ['list.txt', 'models', '--json'];
    const { stdout } = await runInProcess(args, sandbox, { interrupted: stop.signal });
    expect(parseJsonLines(stdout)).toMatchObject([
      { type: 'failed', source: 'no such thing', origin: { line: 1 }, error: { code: 'bad-source' } },
      { type: 'skipped', item: 1, why: 'not-started', error: { code: 'interrupted' } },
      { type: 'summary', exitStatus: 130, failed: 1, notStarted: 1 },
    ]);
  });
});

describe('a limit that is reached for today', () => {
  it('is said once, with what was not started because of it', async () => {
    civitai.fault({
      on: 'download',
      ...dailyLimit,
      times: Infinity,
    });
    const { status, stderr } = await download(...ten, '-j', '2', '--failed', 'failed.txt');
    expect(status).toBe(6);
    expect(stderr).toMatch(/not started because the run stopped early:\n/);
    expect((await read('failed.txt')).match(/^7000\d\d$/gm)?.sort()).toEqual(ten);
  });
});

describe('a reader that goes away', () => {
  /** Runs a command in a shell that reads only the first line of its output. */
  async function readOneLine(args: readonly string[], redirection: string) {
    civitai.setRate(50_000);
    const script = `"$0" "$@" ${redirection} | head -n 1; echo "status \${PIPESTATUS[0]}"`;
    const command = [process.execPath, binary('civitdl'), ...args, 'models', '-i', '0', '--pause-time', '0'];
    const child = spawn('bash', ['-c', script, ...command], { cwd: sandbox.dir, env: sandbox.env });
    const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
    return { stdout: stdout.trim().split('\n'), stderr };
  }

  it('of the results ends the run', async () => {
    const { stdout, stderr } = await readOneLine([...ten, '--quiet', '--json'], '');
    expect(stdout).toEqual([expect.stringMatching(/^\{"v":1,"type":"(planned|started)"/), 'status 130']);
    expect(stderr).toBe('');
  });

  it('of everything ends it without a word', async () => {
    const { stdout, stderr } = await readOneLine(ten, '2>&1');
    expect(stdout).toEqual(['[1/10] 700001', 'status 130']);
    expect(stderr).toBe('');
  });
});

function ofType<Type extends JsonLine['type']>(lines: readonly JsonLine[], type: Type) {
  return lines.filter((line): line is Extract<JsonLine, { type: Type }> => line.type === type);
}
