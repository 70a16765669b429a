import stringWidth from 'string-width';
import { type Line, type TextRun, textOf } from './screen.js';

const LETTER_PX = 8;
const LINE_PX = 18;
const MARGIN_PX = 16;
const BASELINE_PX = 13;

const LIGHT = { ground: '#ffffff', edge: '#d0d7de', plain: '#1f2328' };
const DARK = { ground: '#161b22', edge: '#30363d', plain: '#e6edf3' };
const COLORS: readonly (readonly [light: string, dark: string])[] = [
  ['#24292f', '#8b949e'],
  ['#b42318', '#ff7b72'],
  ['#116329', '#3fb950'],
  ['#7d4e00', '#d29922'],
  ['#0550ae', '#58a6ff'],
  ['#8250df', '#bc8cff'],
  ['#1b6e75', '#39c5cf'],
  ['#57606a', '#b1bac4'],
];

/** Draws a picture of a terminal. Its description has the whole text, for screen readers. */
export function svgOf(lines: readonly Line[], columns: number, title: string): string {
  const width = columns * LETTER_PX + 2 * MARGIN_PX;
  const height = lines.length * LINE_PX + 2 * MARGIN_PX;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">`,
    `<title>${escaped(title)}</title>`,
    `<desc>${escaped(textOf(lines))}</desc>`,
    `<style>${styles(lines)}</style>`,
    `<rect class="ground" x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="8"/>`,
    ...lines.flatMap((line, row) => line.flatMap((piece) => drawn(piece, row))),
    '</svg>',
    '',
  ].join('\n');
}

/** Returns the text of a picture. */
export function describedIn(svg: string): string {
  const [, text = ''] = /<desc>(.*?)<\/desc>/s.exec(svg) ?? [];
  return text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
}

function styles(lines: readonly Line[]): string {
  const used = new Set(
    lines.flat().flatMap(({ color }) => (color === undefined ? [] : [color % COLORS.length])),
  );
  const ground = ({ ground, edge, plain }: typeof LIGHT) =>
    `.ground{fill:${ground};stroke:${edge}}text,rect{fill:${plain}}`;
  const colors = (side: 0 | 1) =>
    [...used]
      .sort()
      .map((color) => `.c${color}{fill:${COLORS[color]?.[side]}}`)
      .join('');
  return [
    `text{font:13.3px ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace;white-space:pre}`,
    '.b{font-weight:bold}.d{opacity:.65}.rest{opacity:.25}',
    `${rects(ground(LIGHT))}${colors(0)}`,
    `@media(prefers-color-scheme:dark){${rects(ground(DARK))}${colors(1)}}`,
  ].join('');
}

/** The ground is a rectangle as well: its rule is the last one, to override the others. */
function rects(css: string): string {
  const [ground = '', rest = ''] = css.split('text,rect');
  return `text,rect${rest}${ground}`;
}

/** Draws letters as text, and bars as rectangles, which have no gaps in any font. */
function drawn(piece: TextRun, row: number): readonly string[] {
  return [...piece.text.matchAll(/█+|░+|[^█░]+/gu)]
    .filter(([text]) => text.trim() !== '')
    .map((match) => {
      const blanks = match[0].length - match[0].trimStart().length;
      const text = match[0].trim();
      const before = stringWidth(piece.text.slice(0, match.index));
      const x = MARGIN_PX + (piece.column + before + blanks) * LETTER_PX;
      const y = MARGIN_PX + row * LINE_PX;
      const width = stringWidth(text) * LETTER_PX;
      if (/[█░]/.test(text)) {
        const look = classes(piece, text.startsWith('░') ? ['rest'] : []);
        return `<rect${look} x="${x}" y="${y + 2}" width="${width}" height="${LINE_PX - 5}"/>`;
      }
      return `<text${classes(piece)} x="${x}" y="${y + BASELINE_PX}" textLength="${width}">${escaped(text)}</text>`;
    });
}

function classes({ color, bold, dim }: TextRun, more: readonly string[] = []): string {
  const all = [
    ...(color === undefined ? [] : [`c${color % COLORS.length}`]),
    ...(bold ? ['b'] : []),
    ...(dim ? ['d'] : []),
    ...more,
  ];
  return all.length === 0 ? '' : ` class="${all.join(' ')}"`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
