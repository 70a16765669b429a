import type { Capabilities } from './capabilities.js';

/** The sign in front of a model that has ended. */
export type Sign = 'downloaded' | 'present' | 'cached' | 'failed' | 'paused' | 'passed-over';

/** The characters that a terminal can show. */
export interface Glyphs {
  /** Each is one column wide. */
  readonly signs: Readonly<Record<Sign, string>>;
  /** Replaces the characters of bars and ellipses that the terminal lacks by others of the same width. */
  readonly encode: (text: string) => string;
}

const SYMBOLS: Glyphs['signs'] = {
  downloaded: '✓',
  present: '=',
  cached: '↪',
  failed: '✗',
  paused: '‖',
  'passed-over': '-',
};
const LETTERS: Glyphs['signs'] = {
  downloaded: 'D',
  present: '=',
  cached: 'C',
  failed: 'F',
  paused: 'P',
  'passed-over': '-',
};
const ASCII: Readonly<Record<string, string>> = { '█': '#', '░': '.', '…': '~' };

export function createGlyphs({ utf8, symbols }: Pick<Capabilities, 'utf8' | 'symbols'>): Glyphs {
  return {
    signs: symbols ? SYMBOLS : LETTERS,
    encode: utf8 ? (text) => text : (text) => text.replace(/[█░…]/g, (glyph) => ASCII[glyph] ?? glyph),
  };
}
