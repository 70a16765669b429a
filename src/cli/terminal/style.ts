import { styleText } from 'node:util';

type Paint = (text: string) => string;

/** Functions that colour a text, or return it unchanged. */
export interface Style {
  readonly bold: Paint;
  readonly dim: Paint;
  readonly good: Paint;
  readonly bad: Paint;
  readonly warn: Paint;
  /** Makes a text a hyperlink (OSC 8). */
  readonly link: (text: string, url: string) => string;
}

const LINK = '\x1b]8;;';
const END = '\x1b\\';

export function createStyle(colors: boolean, hyperlinks = false): Style {
  const paint =
    (format: Parameters<typeof styleText>[0]): Paint =>
    (text) =>
      colors ? styleText(format, text, { validateStream: false }) : text;
  return {
    bold: paint('bold'),
    dim: paint('dim'),
    good: paint('green'),
    bad: paint('red'),
    warn: paint('yellow'),
    link: (text, url) => (hyperlinks ? `${LINK}${url}${END}${text}${LINK}${END}` : text),
  };
}

interface Environment {
  readonly stderr: { readonly isTTY?: boolean | undefined };
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Decides on colours: for a terminal, unless the user disables them, perhaps as https://no-color.org says. */
export function wantsColors({ stderr, env }: Environment, withColor: boolean): boolean {
  return withColor && stderr.isTTY === true && !env.NO_COLOR && env.TERM !== 'dumb';
}
