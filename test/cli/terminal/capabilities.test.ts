import { describe, expect, it } from 'vitest';
import { type Capabilities, terminalCapabilities } from '../../../src/cli/terminal/capabilities.js';
import { createGlyphs } from '../../../src/cli/terminal/glyphs.js';

type Env = Readonly<Record<string, string>>;

/** Returns the names of the features that a terminal has. */
function featuresOf(env: Env, isTTY = true): readonly string[] {
  const capabilities = terminalCapabilities({ stderr: { isTTY }, env });
  return Object.keys(capabilities).filter((name) => capabilities[name as keyof Capabilities]);
}

const plain = ['cursor', 'utf8', 'symbols', 'title'];
const xterm = { TERM: 'xterm-256color', LANG: 'en_US.UTF-8' };

describe('the features of a terminal', () => {
  it.each<readonly [what: string, env: Env, features: readonly string[]]>([
    ['one without any variable', {}, plain],
    ['xterm', xterm, plain],
    ['a dumb one', { TERM: 'dumb' }, []],
    ['the console of Linux', { TERM: 'linux' }, ['cursor', 'utf8']],
    ['one without UTF-8', { TERM: 'xterm', LANG: 'en_US.UTF-8', LC_ALL: 'C' }, ['cursor', 'title']],
    ['one with Latin-1', { TERM: 'xterm', LANG: 'de_DE.ISO-8859-1' }, ['cursor', 'title']],
    ['Windows Terminal', { OS: 'Windows_NT', WT_SESSION: 'x' }, [...plain, 'progress', 'hyperlinks']],
    ['the old console of Windows', { OS: 'Windows_NT' }, ['cursor', 'utf8', 'title']],
    ['GNOME Terminal', { ...xterm, VTE_VERSION: '7600' }, [...plain, 'progress', 'hyperlinks']],
    ['a VTE that crashes at links', { ...xterm, VTE_VERSION: '5000' }, [...plain, 'progress']],
    ['kitty', { TERM: 'xterm-kitty' }, [...plain, 'hyperlinks']],
    ['Ghostty', { TERM: 'xterm-ghostty', TERM_PROGRAM: 'ghostty' }, [...plain, 'progress', 'hyperlinks']],
    [
      'iTerm2',
      { ...xterm, TERM_PROGRAM: 'iTerm.app', TERM_PROGRAM_VERSION: '3.10.1' },
      [...plain, 'progress', 'hyperlinks'],
    ],
    [
      'an older iTerm2, which shows OSC 9 as a notification',
      { ...xterm, TERM_PROGRAM: 'iTerm.app', TERM_PROGRAM_VERSION: '3.5.14' },
      [...plain, 'hyperlinks'],
    ],
    ['VS Code', { ...xterm, TERM_PROGRAM: 'vscode' }, [...plain, 'hyperlinks']],
    ['tmux within Ghostty', { TERM: 'tmux-256color', TMUX: '/tmp/x', TERM_PROGRAM: 'ghostty' }, plain],
    ['screen within GNOME Terminal', { TERM: 'screen', STY: '1.x', VTE_VERSION: '7600' }, plain],
  ])('are those of %s', (_what, env, features) => {
    expect(featuresOf(env)).toEqual(features);
    expect(featuresOf(env, false)).toEqual([]);
  });
});

describe('the glyphs of a terminal', () => {
  it.each([
    [{ utf8: true, symbols: true }, '✓ = ↪ ✗ ‖ -', '█░…'],
    [{ utf8: true, symbols: false }, 'D = C F P -', '█░…'],
    [{ utf8: false, symbols: false }, 'D = C F P -', '#.~'],
  ])('with %j are its own', (capabilities, signs, bar) => {
    const glyphs = createGlyphs(capabilities);
    expect(Object.values(glyphs.signs).join(' ')).toBe(signs);
    expect(glyphs.encode('█░…')).toBe(bar);
  });
});
