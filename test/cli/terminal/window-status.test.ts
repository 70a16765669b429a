import { describe, expect, it } from 'vitest';
import { WindowStatus } from '../../../src/cli/terminal/window-status.js';

const ESC = '\u001b';
const END = `${ESC}\\`;

describe('the status of a window', () => {
  it('is its title and its progress, written when they change', () => {
    const status = new WindowStatus({ title: true, progress: true });
    const first = status.update('civitdl 7 %', 0.079);
    expect(first).toBe(`${ESC}[22;2t${ESC}]2;civitdl 7 %${END}${ESC}]9;4;1;7${END}`);
    expect(status.update('civitdl 7 %', 0.0795)).toBe('');
    expect(status.update('civitdl 8 %', 0.08)).toBe(`${ESC}]2;civitdl 8 %${END}${ESC}]9;4;1;8${END}`);
  });

  it('is taken away at the end, once', () => {
    const status = new WindowStatus({ title: true, progress: true });
    expect(status.close()).toBe('');
    status.update('civitdl 100 %', 1);
    expect(status.close()).toBe(`${ESC}]2;${END}${ESC}[23;2t${ESC}]9;4;0;0${END}`);
    expect(status.close()).toBe('');
  });

  it.each([
    [{ title: false, progress: false }, ''],
    [{ title: false, progress: true }, `${ESC}]9;4;1;50${END}`],
    [{ title: true, progress: false }, `${ESC}[22;2t${ESC}]2;x${END}`],
  ])('has nothing that the terminal does not know: %j', (capabilities, text) => {
    expect(new WindowStatus(capabilities).update('x', 0.5)).toBe(text);
  });
});
