import type { Question } from '../civitai/question.js';
import { stripControlChars } from '../text.js';
import type { Context } from './context.js';
import { confirm, promptLine } from './prompt.js';
import { openLayout } from './terminal/open-layout.js';

/**
 * Asks on a terminal what a source means: a single answer by yes or no, several by their numbers.
 * @returns the position of the answer; undefined for none
 * @throws InterruptedError
 */
export async function askMeaning({ text, answers }: Question, context: Context): Promise<number | undefined> {
  const layout = await openLayout(context);
  const print = (lines: readonly string[]) => context.stderr.write(`${lines.join('\n')}\n`);
  print(layout.wrap(stripControlChars(text)));
  const [only = ''] = answers;
  if (answers.length === 1) return (await confirm(`${stripControlChars(only)}?`, context)) ? 0 : undefined;
  const width = String(answers.length).length;
  for (const [index, answer] of answers.entries())
    print(
      layout.wrap(
        stripControlChars(answer),
        `  ${String(index + 1).padStart(width)}  `,
        ' '.repeat(width + 4),
      ),
    );
  for (;;) {
    const typed = (
      await promptLine(`Number from 1 to ${answers.length}, or Enter for none: `, context)
    ).trim();
    if (typed === '') return undefined;
    const position = Number(typed) - 1;
    if (answers[position] !== undefined) return position;
  }
}
