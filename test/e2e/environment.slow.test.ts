import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, onTestFinished } from 'vitest';
import { ids } from '../fake-civitai/catalog.js';
import { binary, type CommandName, run } from '../harness/command.js';
import { civitai, it, sandbox } from '../harness/fixture.js';
import { otherUser, sharedFolder } from '../harness/other-user.js';
import { open } from '../harness/terminal.js';

const model = String(ids.anything.model);
const target = 'anythingV3_fp16/anythingV3_fp16-mid_66-vid_75.ckpt';
const isSuperuser = process.geteuid?.() === 0;

interface ShellOptions {
  readonly command?: CommandName;
  readonly env?: Readonly<Record<string, string>>;
  /** Variables to leave out. */
  readonly without?: readonly string[];
  readonly uid?: number;
}

/** Runs a command within a line of a shell, which stands for it as `"$@"`. */
async function shell(line: string, args: readonly string[], options: ShellOptions = {}) {
  const { command = 'civitdl', env = {}, without = [], uid } = options;
  const all: Record<string, string> = { ...sandbox.env, ...env };
  for (const name of without) delete all[name];
  const child = spawn('sh', ['-c', line, process.execPath, process.execPath, binary(command), ...args], {
    cwd: sandbox.dir,
    env: all,
    ...(uid !== undefined && { uid, gid: uid }),
  });
  child.stdin.end();
  const status = new Promise<number | null>((resolve) => child.once('close', resolve));
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  expect(stderr).not.toMatch(/^\s+at .*:\d+:\d+\)?$/m);
  return { status: await status, stdout, stderr };
}

describe('a key in the environment that no key can be', () => {
  it.each([
    ['CIVITAI_API_KEY', 'käse'],
    ['CIVITAI_API_KEY', 'two words'],
    ['CIVITAI_API_KEY', 'line\nbreak'],
    ['CIVITAI_API_KEY', 'bell\x07'],
    ['CIVITAI_TOKEN', '“quoted”'],
  ])('%s=%j is a usage error', async (name, key) => {
    const { status, stderr } = await shell('exec "$@"', [model, 'models'], { env: { [name]: key } });
    expect(status).toBe(2);
    expect(stderr).toContain(`The API key in ${name} contains spaces or characters that keys cannot have.`);
    expect(stderr).not.toContain(key);
    expect(civitai.requests).toEqual([]);
  });

  it('is no error if blanks surround a good one', async () => {
    const { status } = await shell('exec "$@"', [model, 'models', '-i', '0'], {
      env: { CIVITAI_API_KEY: ` ${civitai.goodKey}\n` },
    });
    expect(status).toBe(0);
  });
});

describe('the URL of the API', () => {
  it.each([
    ['https://user:s3cret@civitai.test', 'CIVITAI_BASE_URL must not contain a user name or a password.'],
    ['http://user:s3cret@127.0.0.1', 'CIVITAI_BASE_URL must not contain a user name or a password.'],
    ['http://civitai.test', 'CIVITAI_BASE_URL must be https'],
    ['civitai', 'CIVITAI_BASE_URL is not a URL'],
  ])('cannot be %s', async (CIVITAI_BASE_URL, problem) => {
    const { status, stderr } = await shell('exec "$@"', [model, 'models'], { env: { CIVITAI_BASE_URL } });
    expect(status).toBe(2);
    expect(stderr).toContain(problem);
    expect(stderr).not.toContain('s3cret');
  });
});

describe('without a home folder', () => {
  const dirs = ['CIVITDL_CONFIG_DIR', 'CIVITDL_CACHE_DIR'];

  it.each([
    ['HOME is empty', { env: { HOME: '' } }],
    ['HOME is relative', { env: { HOME: 'home' } }],
    ['HOME is missing', { without: ['HOME'] }],
  ])('because %s, everything but that works', async (_why, options) => {
    expect(await shell('exec "$@"', [model, 'models', '-i', '0'], options)).toMatchObject({ status: 0 });
    const listed = await shell('exec "$@"', ['default'], { ...options, command: 'civitconfig' });
    expect(listed).toMatchObject({ status: 0 });
    expect(existsSync(sandbox.path('.config'))).toBe(false);
  });

  // Only the superuser can become a user who has no entry.
  describe.runIf(isSuperuser && process.platform === 'linux')('and without an entry of the user', () => {
    const options = { uid: 54_321, without: ['HOME', ...dirs] };

    it('a download works', async ({ skip }) => {
      otherUser(skip);
      const root = await mkdtemp(join(sharedFolder, 'civitdl-nobody-'));
      onTestFinished(() => rm(root, { recursive: true }));
      await chmod(root, 0o777);
      expect(await shell('exec "$@"', [model, root, '-i', '0'], options)).toMatchObject({ status: 0 });
      expect(existsSync(join(root, target))).toBe(true);
    });

    it.for<readonly [command: CommandName, args: readonly string[], problem: string]>([
      ['civitdl', [model, '~/models'], 'Cannot find ~/models: the home folder is unknown. Set HOME.'],
      ['civitdl', [model, sharedFolder, '-s', '~/sorter.mjs'], 'Cannot find ~/sorter.mjs: the home folder'],
      ['civitdl', ['~/batch.txt', sharedFolder], 'Cannot find ~/batch.txt: the home folder is unknown.'],
      ['civitconfig', ['default', '-i', '1'], 'Set HOME or CIVITDL_CONFIG_DIR.'],
      ['civitconfig', ['alias'], 'Set HOME or CIVITDL_CONFIG_DIR.'],
      ['civitconfig', ['sorter'], 'Set HOME or CIVITDL_CONFIG_DIR.'],
      ['civitconfig', ['settings', '--reset', '--yes'], 'Set HOME or CIVITDL_CONFIG_DIR.'],
      ['civitconfig', ['cache'], 'Set HOME or CIVITDL_CACHE_DIR.'],
    ])('%s %j is a usage error', async ([command, args, problem], { skip }) => {
      otherUser(skip);
      const { status, stderr } = await shell('exec "$@"', args, { ...options, command });
      expect(stderr).toContain(problem);
      expect(status).toBe(2);
    });
  });
});

describe('in a working directory that was deleted', () => {
  const GONE = 'mkdir gone && cd gone && rmdir ../gone && exec "$@"';

  it('a download to an absolute path works, also with a sorter file', async () => {
    const sorter = await sandbox.write(
      'sorter.mjs',
      `export const sortModel = (model, version, file, root) =>
         Object.fromEntries(['model', 'metadata', 'images', 'prompts'].map((name) => [name, root]));`,
    );
    const root = sandbox.path('models');
    expect(await shell(GONE, [model, root, '-i', '1'])).toMatchObject({ status: 0 });
    expect(await sandbox.tree()).toContain(target);
    expect(await shell(GONE, [model, root, '-i', '0', '-s', sorter])).toMatchObject({ status: 0 });
  });

  it.each<readonly [command: CommandName, args: readonly string[], status: number]>([
    ['civitdl', ['--version'], 0],
    ['civitdl', ['--help'], 0],
    ['civitdl', [model, 'models'], 2],
    ['civitdl', [model, '/', '-s', './sorter.mjs'], 2],
    ['civitdl', [model, '/', '--failed', 'failed.txt'], 2],
    ['civitconfig', ['default'], 0],
    ['civitconfig', ['cache'], 0],
    ['civitconfig', ['alias', '-a', 'x', 'models'], 2],
    ['civitconfig', ['settings', '-d', 'settings.zip'], 2],
  ])('%s %j ends with its status and without a stack trace', async (command, args, status) => {
    const ended = await shell(GONE, args, { command });
    expect(ended.status).toBe(status);
    if (status === 2) expect(ended.stderr).toContain('the working directory no longer exists');
  });
});

describe('an output that cannot be written', () => {
  const args = [model, 'models', '-i', '0'];

  it.runIf(existsSync('/dev/full')).each([
    ['standard output on a full disk', 'exec "$@" > /dev/full'],
    ['standard error on a full disk', 'exec "$@" 2> /dev/full'],
    ['both on a full disk', 'exec "$@" > /dev/full 2>&1'],
    ['closed standard output', 'exec "$@" >&-'],
    ['closed standard error', 'exec "$@" 2>&-'],
    ['closed streams', 'exec "$@" <&- >&- 2>&-'],
  ])('%s does not end the downloads', async (_what, line) => {
    for (const flags of [[], ['--json'], ['--verbose']]) {
      await sandbox.clear();
      expect(await shell(line, [...args, ...flags])).toMatchObject({ status: 0 });
      expect(await sandbox.tree()).toContain(target);
    }
  });

  it.runIf(existsSync('/dev/full'))('is told once, where it can be', async () => {
    const { stderr } = await shell('exec "$@" > /dev/full', [...args, '--json']);
    expect(stderr.match(/warning: Cannot write standard output \(ENOSPC\)/g)).toHaveLength(1);
  });

  it('because its reader left ends the run quietly, and keeps what was received', async () => {
    civitai.setRate(100_000);
    const { stdout, stderr } = await shell('"$@" 2>&1 | { head -c 1 > head; }; cat head', args);
    expect(stdout).toHaveLength(1);
    expect(stderr).toBe('');
    expect((await sandbox.tree()).filter((name) => name.endsWith('.part')).length).toBeLessThanOrEqual(1);
    expect(civitai.requestsTo('download').length).toBeLessThanOrEqual(1);
  });
});

describe('Ctrl-D', () => {
  it.each<readonly [command: CommandName, args: readonly string[], question: string]>([
    ['civitdl', [model, 'models', '-k'], 'Civitai API key:'],
    ['civitconfig', ['default', '-k'], 'Civitai API key:'],
    ['civitconfig', ['settings', '--reset'], '[y/N]'],
    ['civitconfig', ['settings', '--import', 'settings.zip'], '[y/N]'],
    ['civitconfig', ['settings', '-d', 'settings.zip'], '[y/N]'],
  ])('at the prompt of %s %j interrupts it', async (command, args, question) => {
    await run('civitconfig', ['default', '-i', '7'], sandbox);
    await run('civitconfig', ['settings', '-d', 'settings.zip', '--yes'], sandbox);
    await run('civitconfig', ['default', '-i', '9'], sandbox);
    const terminal = open(command, args, sandbox);
    await terminal.shows(question);
    // readline listens a moment after it has drawn the question.
    await new Promise((resolve) => setTimeout(resolve, 200));
    terminal.type('\x04');
    expect(await terminal.ended).toBe(130);
    expect(terminal.text).toContain('Interrupted.');
    expect(String(await sandbox.read('config/config.json'))).toContain('9');
    expect(civitai.requests).toEqual([]);
  });
});
