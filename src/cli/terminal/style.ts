import { styleText } from 'node:util';
import type { Context } from '../context.js';

type Paint = (text: string) => string;

/** Colours, or the same functions without effect. */
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

/** Whether stderr shows colours: on a terminal, unless the user has said no, be it by https://no-color.org. */
export function wantsColors({ stderr, env }: Pick<Context, 'stderr' | 'env'>, withColor: boolean): boolean {
  return withColor && stderr.isTTY === true && !env.NO_COLOR && env.TERM !== 'dumb';
}
