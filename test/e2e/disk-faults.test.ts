import { lstatSync, rmSync, symlinkSync } from 'node:fs';
import { afterEach, describe, expect, vi } from 'vitest';
import { ids } from '../fake-civitai/catalog.js';
import { fileBytes } from '../harness/catalog-bytes.js';
import { type Fault, setFaults } from '../harness/faulty-fs.js';
import { civitai, it, sandbox } from '../harness/fixture.js';
import { type InProcessOptions, runInProcess } from '../harness/in-process.js';

vi.mock('node:fs', async (original) =>
  (await import('../harness/faulty-fs.js')).faultyFs(await original<object>()),
);
vi.mock('node:fs/promises', async (original) =>
  (await import('../harness/faulty-fs.js')).faultyFs(await original<object>()),
);
afterEach(() => void setFaults());

const args = [String(ids.anything.model), 'models', '-i', '1'];
const right = fileBytes(ids.anything.file);
const folder = 'anythingV3_fp16';
const stem = 'anythingV3_fp16-mid_66-vid_75';
const target = `${folder}/${stem}.ckpt`;
const all = [
  `${folder}/${stem}.ckpt`,
  `${folder}/${stem}.csv`,
  `${folder}/extra_data-vid_75/517-prompt.json`,
  `${folder}/extra_data-vid_75/517.jpeg`,
  `${folder}/extra_data-vid_75/model_dict-mid_66-vid_75.json`,
];

const download = () => runInProcess(args, sandbox);

/** Downloads without an error; returns what was printed. */
async function downloadWell(): Promise<string> {
  const { status, stderr } = await download();
  expect({ status, problem: status === 0 ? '' : stderr }).toEqual({ status: 0, problem: '' });
  expect(await sandbox.tree()).toEqual(all);
  expect(await isRight()).toBe(true);
  return stderr;
}
const isRight = async (name = target) => (await sandbox.read(`models/${name}`)).equals(right);

type Case = readonly [what: string, fault: Fault];
const busy = (call: string, path: string, code: string): Fault => ({ call, path, code, times: 2 });

describe('A file that another program holds for a moment is only waited for:', () => {
  it.each<Case>([
    ['the model file gets its name', busy('rename', `${stem}.ckpt`, 'EBUSY')],
    ['the metadata get their name', busy('rename', 'model_dict', 'EPERM')],
    ['the list of hashes gets its name', busy('rename', `${stem}.csv`, 'EACCES')],
    ['a prompt gets its name', busy('rename', '517-prompt', 'ETXTBSY')],
    ['an image gets its name', busy('rename', '517.jpeg', 'EPERM')],
    ['an image is written', busy('writeFile', 'extra_data-vid_75/.', 'EBUSY')],
    ['an image is created', busy('open', 'extra_data-vid_75/.', 'EBUSY')],
    ['the part file is created', busy('open', '.ckpt.part', 'EPERM')],
    ['a block of the part file is written', busy('write', '.ckpt.part', 'EBUSY')],
    ['the lock of the model file is created', busy('open', '.part.lock', 'EACCES')],
    ['the lock of the model file is removed', busy('unlink', '.part.lock', 'EBUSY')],
    ['the lock of the documents is created', busy('open', '.json.lock', 'EPERM')],
    ['the lock of the documents is removed', busy('unlink', '.json.lock', 'EPERM')],
    ['the index is written', busy('open', '.jsonl', 'EBUSY')],
  ])('%s', async (_what, fault) => {
    const counts = setFaults(fault);
    expect(await downloadWell()).not.toContain('index of downloaded files');
    expect(counts()).toEqual([2]);
    await downloadWell();
    expect(civitai.requestsTo('storage')).toHaveLength(1);
  });

  it.each<readonly [what: string, args: readonly string[], fault: Fault]>([
    ['a setting is stored', ['default', '-i', '5'], busy('rename', 'config.json', 'EBUSY')],
    ['a setting is read', ['default'], busy('open', 'config.json', 'EBUSY')],
    ['the lock is taken', ['default', '-i', '5'], busy('open', 'config.json.lock', 'EPERM')],
    ['the lock is released', ['default', '-i', '5'], busy('unlink', 'config.json.lock', 'EACCES')],
    ['the settings are exported', ['settings', '--download', 'all.zip'], busy('rename', 'all.zip', 'EPERM')],
    ['the settings are moved', ['settings', '--reset', '-y'], busy('rename', 'trash', 'EBUSY')],
    ['a sorter is added', ['sorter', '-a', 'two', 'one.mjs'], busy('rename', 'two.mjs', 'EPERM')],
    ['a sorter is deleted', ['sorter', '-d', 'one'], busy('unlink', 'one.mjs', 'EBUSY')],
  ])('%s', async (_what, command, fault) => {
    await sandbox.write('one.mjs', "export const sortModel = () => ['a', 'a', 'a', 'a']");
    const configure = (given: readonly string[], options: InProcessOptions = {}) =>
      runInProcess(given, sandbox, { command: 'civitconfig', ...options });
    expect(await configure(['sorter', '-a', 'one', 'one.mjs'])).toMatchObject({ status: 0 });
    const counts = setFaults(fault);
    expect(await configure(command)).toMatchObject({ status: 0, stderr: '' });
    expect(counts()).toEqual([2]);
    expect((await sandbox.tree('config')).filter((name) => /\.(tmp|lock)$/.test(name))).toEqual([]);
  });
});

describe('A temporary file that another program replaces gets no name:', () => {
  it.each<readonly [what: string, call: string, path: string]>([
    ['of the metadata', 'writeFile', 'extra_data-vid_75/.'],
    ['of the list of hashes', 'writeFile', `${folder}/.`],
  ])('%s', async (_what, call, path) => {
    await sandbox.write('victim', 'other');
    const swapped: string[] = [];
    setFaults({
      call,
      path,
      action: (at) => {
        swapped.push(at);
        rmSync(at);
        symlinkSync(sandbox.path('victim'), at);
      },
    });
    const { stderr } = await download();
    expect(swapped.length).toBeGreaterThan(0);
    expect(stderr).toContain('Another program has replaced ');
    for (const name of await sandbox.tree())
      expect(lstatSync(sandbox.path('models', name)).isSymbolicLink()).toBe(false);
    expect(String(await sandbox.read('victim'))).toBe('other');
    setFaults();
    await downloadWell();
  });
});

describe('What a system cannot do is no error:', () => {
  it.each<Case>([
    ['it flushes no file (EINVAL)', { call: 'fsync', code: 'EINVAL' }],
    ['it flushes no file (ENOTSUP)', { call: 'fsync', code: 'ENOTSUP' }],
    ['it flushes no file (EOPNOTSUPP)', { call: 'fsync', code: 'EOPNOTSUPP' }],
    ['it flushes no file (ENOSYS)', { call: 'fsync', code: 'ENOSYS' }],
    ['it flushes no file (EISDIR)', { call: 'fsync', code: 'EISDIR' }],
    ['it flushes no folder', { call: 'open', path: `models/${folder}`, code: 'EISDIR', times: 0 }],
    ['it reports 0 of 0 bytes', { call: 'statfs', returns: { type: 0, bsize: 4096, blocks: 0, bavail: 0 } }],
    ['it reports no space', { call: 'statfs', code: 'ENOSYS' }],
    ['it does not allow to set times', { call: 'lutimes', code: 'EPERM' }],
  ])('%s', async (_what, fault) => {
    setFaults(fault);
    await downloadWell();
  });

  it.each<readonly [what: string, by: RegExp, faults: readonly Fault[]]>([
    ['it clones no file', /hard link/, [{ call: 'copyFile', code: 'ENOTSUP' }]],
    [
      'it links no file',
      /cop/,
      [
        { call: 'copyFile', code: 'EINVAL' },
        { call: 'link', code: 'EPERM' },
      ],
    ],
    ['it resolves no path', /cop/, [{ call: 'realpath', code: 'EISDIR' }]],
  ])('%s, so that a file of the index is taken in another way', async (_what, by, faults) => {
    await download();
    setFaults(...faults);
    const { status, stderr } = await runInProcess([args[0] ?? '', 'other', '-i', '0'], sandbox);
    expect(status).toBe(0);
    expect(stderr).toMatch(by);
    expect((await sandbox.read(`other/${target}`)).equals(right)).toBe(true);
    expect(civitai.requestsTo('storage')).toHaveLength(1);
  });
});

describe('Verified bytes stay:', () => {
  const unnamed: Fault = { call: 'rename', path: `${stem}.ckpt`, code: 'EXDEV' };
  const unrecorded: Fault = { call: 'rename', path: '.part.json', code: 'EIO' };

  it.each<readonly [what: string, faults: readonly Fault[]]>([
    ['the file gets no name', [unnamed]],
    ['the file gets no name, and no record', [unnamed, unrecorded]],
    ['the disk fails at the last flush', [{ call: 'fsync', path: '.ckpt.part', code: 'EIO' }]],
    [
      'the disk is full at the last flush',
      [{ call: 'fsync', path: '.ckpt.part', code: 'ENOSPC' }, unrecorded],
    ],
    [
      'the quota is full at the last flush',
      [{ call: 'fsync', path: '.ckpt.part', code: 'EDQUOT' }, unrecorded],
    ],
  ])('%s', async (_what, faults) => {
    setFaults(...faults);
    const { status, stderr } = await download();
    expect(status).toBe(1);
    if (faults[0] === unnamed)
      expect(stderr).toContain(`The verified file is kept as ${sandbox.path('models', target)}.part.`);
    expect(await isRight(`${target}.part`)).toBe(true);
    setFaults();
    await downloadWell();
    expect(civitai.requestsTo('storage')).toHaveLength(1);
  });
});
