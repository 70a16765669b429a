import { describe, expect } from 'vitest';
import { civitai, it, sandbox } from '../harness/fixture.js';
import { runInProcess } from '../harness/in-process.js';
import { readPage } from './page.js';

/** The longest command that `schtasks` takes. */
const MAX_TASK = 261;

const page = readPage('doc/windows.md');
const lines = page.blocks.flatMap(({ text }) => text.split('\n'));
const task = lines.map((line) => /^schtasks .* \/TR "([^"]*)"$/.exec(line)?.[1]).find(Boolean) ?? '';

/** Returns the arguments in a line of the page, with the paths of this machine. */
function argumentsOf(command: string): readonly string[] {
  const local = (word: string) =>
    word
      .replace(/^C:\\Users\\me\\/, `${sandbox.dir}/`)
      .replace(/^C:\\ComfyUI$/, sandbox.path('ComfyUI'))
      .replace(/^batch.txt$/, sandbox.path('batch.txt'));
  const [, ...args] = command.slice(command.search(/civitdl(\.cmd)? /)).split(' ');
  return args.map(local);
}

const plain = lines
  .filter((line) => /^civitdl(\.cmd)? .*C:\\/.test(line))
  .map((line) => line.split(' >')[0] ?? '');
const fromFile = lines.filter((line) => /^Get-Content key\.txt \| civitdl/.test(line));

describe('doc/windows.md', () => {
  it('has a task with absolute paths that the scheduler takes', async () => {
    await sandbox.write('batch.txt', '66\r\n700001\r\n399999\r\n');
    expect(task.length).toBeLessThanOrEqual(MAX_TASK);
    const paths = task.split(' ').filter((word) => /[\\.]/.test(word));
    expect(paths.every((path) => /^C:\\/.test(path))).toBe(true);
    const { status, stderr } = await runInProcess(argumentsOf(task), sandbox);
    expect(status, stderr).toBe(7);
    expect(await sandbox.tree('ComfyUI')).toContain('anythingV3_fp16/anythingV3_fp16-mid_66-vid_75.ckpt');
    expect((await sandbox.read('failed.txt')).toString()).toContain('399999');
  });

  it('has commands that download with a key in a variable', async () => {
    await sandbox.write('batch.txt', '191977\r\n');
    expect(plain.length).toBeGreaterThan(1);
    for (const line of plain) {
      const env = { CIVITAI_API_KEY: civitai.goodKey };
      const { status, stderr } = await runInProcess(argumentsOf(line), sandbox, { env });
      expect(status, `${line}\n${stderr}`).toBe(0);
    }
  });

  it('has a command that takes the key from a file with a line end of Windows', async () => {
    expect(fromFile).toHaveLength(1);
    const options = { input: `${civitai.goodKey}\r\n` };
    const { status, stderr } = await runInProcess(argumentsOf(fromFile[0] ?? ''), sandbox, options);
    expect(status, stderr).toBe(0);
  });
});
