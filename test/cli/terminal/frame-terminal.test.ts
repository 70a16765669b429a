import fc from 'fast-check';
import { expect, it } from 'vitest';
import { FrameTerminal } from '../../../src/cli/terminal/frame-terminal.js';
import { truncate } from '../../../src/cli/terminal/text-width.js';
import { Screen } from '../../harness/screen.js';

const ROWS = 12;

/** A frame that is drawn, a line that is printed, or a terminal that gets another width. */
type Step = { readonly frame: readonly string[] } | { readonly print: string } | { readonly columns: number };

const text = (max: number) =>
  fc.string({
    unit: fc.constantFrom(...'abc 模型', '🏮', '👩‍👩‍👧‍👦', '❤️', '🇯🇵', '👍🏽'),
    minLength: 1,
    maxLength: max,
  });
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ frame: fc.array(text(30), { maxLength: 4 }) }),
  fc.record({ print: text(60) }),
  fc.record({ columns: fc.integer({ min: 10, max: 60 }) }),
);

async function shownAfter(steps: readonly Step[]) {
  const screen = new Screen(60, ROWS);
  const output = { columns: 60, isTTY: true, write: (data: string) => screen.write(data) };
  const terminal = new FrameTerminal(output);
  const printed: string[] = [];
  let frame: readonly string[] = [];
  for (const one of steps) {
    if ('frame' in one) {
      // As wide as the terminal is now, as whoever draws sees to it.
      frame = one.frame.map((line) => truncate(line.trim(), output.columns - 1) || 'x');
      terminal.draw(frame);
    } else if ('print' in one) {
      const line = one.print.trim() || 'y';
      printed.push(line);
      terminal.write(`${line}\n`, true);
    } else {
      await screen.lines();
      output.columns = one.columns;
      screen.resize(one.columns, ROWS);
    }
  }
  frame = frame.map((line) => truncate(line, output.columns - 1).trim() || 'x');
  terminal.draw(frame);
  return { shown: await screen.text(), wanted: [...printed, ...frame] };
}

it('shows all that was printed, and below it the last frame only, however the width changes', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
      const { shown, wanted } = await shownAfter(steps);
      expect(shown).toEqual(wanted);
    }),
    { numRuns: 100 },
  );
});

it('collects the lines of a frame, and writes only what is new', () => {
  const written: string[] = [];
  const terminal = new FrameTerminal({ columns: 40, write: (data) => written.push(data) });
  const frame = () => {
    terminal.cursorRelativeReset();
    terminal.write('a');
    terminal.write('b');
    terminal.draw(terminal.lines);
  };
  frame();
  frame();
  expect(written).toHaveLength(1);
  terminal.write('x\n', true);
  frame();
  terminal.draw([]);
  terminal.draw([]);
  expect(written).toHaveLength(3);
});
