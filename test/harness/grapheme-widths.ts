import type { IUnicodeVersionProvider } from '@xterm/headless';
import stringWidth from 'string-width';

const ZWJ = 0x200d;
const EMOJI_PRESENTATION = 0xfe0f;
const EXTENDS = /^(\p{M}|\p{Emoji_Modifier}|\u200d|\ufe0f)$/u;
const REGIONAL_INDICATOR = /^\p{Regional_Indicator}$/u;

/** The kinds of a character that decide whether the next one joins it. */
const [PLAIN, JOINER, FLAG] = [0, 1, 2];

/** The widths of terminals of today: an emoji of several code points takes two columns. xterm.js itself has those of 2004. */
export class GraphemeWidths implements IUnicodeVersionProvider {
  readonly version = 'graphemes';

  wcwidth(codePoint: number): 0 | 1 | 2 {
    return Math.min(2, stringWidth(String.fromCodePoint(codePoint))) as 0 | 1 | 2;
  }

  /** @param preceding properties of the cell before: 24 bits of its kind, two of its width, one for joining */
  charProperties(codePoint: number, preceding: number): number {
    const char = String.fromCodePoint(codePoint);
    const [kind, width] = [preceding >> 3, (preceding >> 1) & 3];
    const isFlag = REGIONAL_INDICATOR.test(char);
    const joins = preceding !== 0 && (EXTENDS.test(char) || kind === JOINER || (kind === FLAG && isFlag));
    const isWide = codePoint === EMOJI_PRESENTATION || kind === JOINER || isFlag;
    const newWidth = joins ? Math.max(width, isWide ? 2 : 0) : this.wcwidth(codePoint);
    const newKind = codePoint === ZWJ ? JOINER : isFlag && !joins ? FLAG : PLAIN;
    return ((newKind ?? 0) << 3) | (newWidth << 1) | (joins ? 1 : 0);
  }
}
