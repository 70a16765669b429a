import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { type ApproveOptions, approveRun, isLarge } from '../../src/cli/approve-run.js';
import { logLayout } from '../../src/cli/terminal/layout.js';
import { createStyle } from '../../src/cli/terminal/style.js';
import { InterruptedError, UsageError } from '../../src/errors.js';
import { countsOf, planOf } from './run-plans.js';

const GB = 1_000_000_000;
const large = planOf({ missing: countsOf(21, 5 * GB) });

describe('a run with lists', () => {
  it.each([
    [false, 0, 0],
    [false, 20, 20 * GB],
    [true, 21, 0],
    [true, 1, 20 * GB + 1],
  ])('is large: %s, with %i models and %i bytes to download', (isSo, models, bytes) => {
    expect(isLarge(countsOf(models, bytes))).toBe(isSo);
  });

  it('is large with 21 versions of one model', () => {
    expect(isLarge(countsOf(21, 0, { models: 1 }))).toBe(true);
  });
});

const request: ApproveOptions = {
  sources: ['user:inkmaker'],
  root: 'models',
  options: { maxImages: 0 },
  askKey: false,
  yes: false,
  quiet: false,
  json: false,
};

/** Approves a plan; the answer is typed as soon as there is a question. */
async function approve(
  plan: ReturnType<typeof planOf>,
  given: Partial<ApproveOptions> = {},
  { answer = '', isTTY = true, isEnded = false, interrupted = new AbortController().signal } = {},
) {
  const stdin = new PassThrough();
  if (isEnded) {
    stdin.end();
    stdin.resume();
    await new Promise((resolve) => stdin.once('end', resolve));
  }
  let question = '';
  const lines: string[] = [];
  const calls: string[] = [];
  const write = (text: string) => {
    question += text;
    calls.push('asked');
    if (text.endsWith('[y/N] ') && answer !== '') stdin.write(answer);
    return true;
  };
  const result = approveRun(
    plan,
    { ...request, ...given },
    {
      stdin: Object.assign(stdin, { isTTY }) as unknown as NodeJS.ReadStream,
      stderr: { isTTY, columns: 80, write } as unknown as Parameters<typeof approveRun>[2]['stderr'],
      interrupted,
      print: (line) => lines.push(line),
      style: createStyle(false),
      layout: logLayout,
      suspend: () => {
        calls.push('suspended');
        return () => calls.push('resumed');
      },
    },
  );
  const approved = await result.catch((error: unknown) => error);
  return { approved, question, lines, calls };
}

describe('the question before a run with lists', () => {
  it.each([
    ['y\n', true],
    ['Yes \n', true],
    ['n\n', false],
    ['\n', false],
    ['sure\n', false],
  ])('takes %j for %s', async (answer, isYes) => {
    const { approved, question, lines, calls } = await approve(large, {}, { answer });
    expect(approved).toBe(isYes);
    expect(question).toBe('Download 21 models? [y/N] ');
    expect(lines.at(-1)).toMatch(/^5\.00 GB to download for 21 model files in \/models/);
    expect(calls).toEqual(['suspended', 'asked', 'resumed']);
  });

  it('names versions if they are more than the models', async () => {
    const plan = planOf({ missing: countsOf(30, GB, { models: 2 }) });
    expect((await approve(plan, {}, { answer: 'y\n' })).question).toMatch(
      /^Download 30 versions of 2 models\? /,
    );
  });

  it('ends with the run', async () => {
    const interrupted = AbortSignal.abort(new InterruptedError());
    const { approved, calls } = await approve(large, {}, { interrupted });
    expect(approved).toBeInstanceOf(InterruptedError);
    expect(calls).toEqual(['suspended', 'asked', 'resumed']);
  });

  it.each([
    ['with --yes', large, { yes: true }, true],
    ['for a few models', planOf({}), {}, true],
    ['with --yes and --quiet', large, { yes: true, quiet: true }, false],
    ['for a few models with --quiet', planOf({}), { quiet: true }, false],
  ])('is not asked %s', async (_when, plan, given, isPrinted) => {
    for (const isTTY of [true, false]) {
      const { approved, question, lines } = await approve(plan, given, { isTTY });
      expect(approved).toBe(true);
      expect(question).toBe('');
      expect(lines.length > 0).toBe(isPrinted);
    }
  });

  it('is asked with --quiet as well, below what it is about', async () => {
    const { approved, lines } = await approve(large, { quiet: true }, { answer: 'y\n' });
    expect(approved).toBe(true);
    expect(lines).not.toEqual([]);
  });

  it.each([
    ['without a terminal', {}, { isTTY: false }],
    ['with --json', { json: true }, {}],
    ['if standard input was the list of sources', {}, { isEnded: true }],
  ])('is an error %s, with the command to type', async (_when, given, surroundings) => {
    const { approved, question, lines } = await approve(large, given, surroundings);
    expect(approved).toBeInstanceOf(UsageError);
    expect(Object(approved).message).toBe(
      'The lists have 21 models (5.00 GB) to download. Nothing was downloaded, because nobody can be asked. ' +
        'To download them:\ncivitdl user:inkmaker models --yes --max-images 0',
    );
    expect(question).toBe('');
    expect(lines).not.toEqual([]);
  });

  it('says that sizes are unknown', async () => {
    const plan = planOf({ missing: countsOf(21, GB, { unknown: 3 }) });
    const { approved } = await approve(plan, {}, { isTTY: false });
    expect(Object(approved).message).toContain('21 models (more than 1.00 GB) to download.');
  });
});
