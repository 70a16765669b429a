import { styleText } from 'node:util';

type Paint = (text: string) => string;

/** Functions that colour a text, or return it unchanged. */
export interface Style {
  readonly bold: Paint;
  readonly dim: Paint;
  readonly good: Paint;
  readonly bad: Paint;
  readonly warn: Paint;
}

export function createStyle(colors: boolean): Style {
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
