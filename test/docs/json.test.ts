import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect } from 'vitest';
import { statusOf } from '../../src/cli/exit-status.js';
import * as errors from '../../src/errors.js';
import { it, sandbox } from '../harness/fixture.js';
import { runInProcess } from '../harness/in-process.js';
import { jsonTypes } from '../harness/json-lines.js';
import { readPage, repository } from './page.js';

const page = readPage('doc/json.md');

it('doc/json.md has all types of lines with all their fields', () => {
  const [table] = page.tables;
  const documented = (table?.rows ?? []).map(([type = '', fields = '']) => [type, fields.split(', ').sort()]);
  const actual = [...jsonTypes()].map(([type, fields]) => [
    type,
    fields.filter((field) => field !== 'v' && field !== 'type').sort(),
  ]);
  expect(documented).toEqual(actual);
});

/** Returns the codes of each class in src/errors.ts. They exist only as types. */
function errorCodes(): readonly (readonly [name: string, codes: readonly string[]])[] {
  const text = readFileSync(`${repository}src/errors.ts`, 'utf8');
  const literals = (union: string) => [...union.matchAll(/'([a-z-]+)'/g)].map(([, code = '']) => code);
  const aliases = new Map(
    [...text.matchAll(/^export type (\w+) =([^;]*);/gm)].map(([, name = '', union = '']) => [name, union]),
  );
  return [...text.matchAll(/^export class (\w+) extends CivitdlError<([^>]*)>/gm)].map(
    ([, name = '', union = '']) => [name, literals(aliases.get(union.trim()) ?? union)],
  );
}

/** Classes of errors that let no file fail. */
const NO_FAILURES = ['SelectionError', 'CautionError'];

describe('the error codes of doc/json.md', () => {
  const documented = page.tables
    .filter(({ head }) => head[0] === 'code')
    .flatMap(({ rows }) => rows)
    .map(([code = '', status = '']) => [code, status]);

  it('are those of src/errors.ts, with their exit statuses', () => {
    type ErrorClass = new (code: string, message: string) => Error;
    const classes = errors as unknown as Record<string, ErrorClass>;
    const actual = errorCodes().flatMap(([name, codes]) => {
      expect(codes, name).not.toEqual([]);
      const ErrorOfCode = classes[name] as ErrorClass;
      const status = NO_FAILURES.includes(name) ? '' : String(statusOf(new ErrorOfCode(codes[0] ?? '', '')));
      return codes.map((code) => [code, status]);
    });
    expect([...documented].sort()).toEqual([...actual, ['unexpected', '1']].sort());
  });

  it('come from all classes of errors', () => {
    const names = Object.entries(errors)
      .filter(
        ([name, value]) => name !== 'CivitdlError' && typeof value === 'function' && /^[A-Z]/.test(name),
      )
      .map(([name]) => name);
    expect(errorCodes().map(([name]) => name)).toEqual(expect.arrayContaining(names));
  });
});

/** The filters of the lines with `jq`, with the files they read. */
const filters = page.blocks.flatMap(({ text }) =>
  [...text.matchAll(/^jq -r '([^']*)' (\S+)$/gm)].map(([, filter = '', file = '']) => ({ filter, file })),
);
/** No dependency: where it is missing, its lines are not run. */
const JQ = 'jq';
const hasJq = spawnSync(JQ, ['--version']).status === 0;

it('doc/json.md has lines with jq', () => {
  expect(filters).toHaveLength(3);
});

it.skipIf(!hasJq)('The lines with jq print what the page says', async () => {
  await runInProcess(['700001', './models', '-i', '0'], sandbox);
  const sources = ['66', '700001', '399999', './models', '-i', '0', '--json'];
  const planned = await runInProcess([...sources, '--dry-run'], sandbox);
  const run = await runInProcess(sources, sandbox);
  const lines = { 'plan.jsonl': planned.stdout, 'run.jsonl': run.stdout };
  const printed = filters.map(({ filter, file }) =>
    execFileSync(JQ, ['-r', filter], { input: lines[file as keyof typeof lines], encoding: 'utf8' }).trim(),
  );
  const model = sandbox.path('models', 'anythingV3_fp16', 'anythingV3_fp16-mid_66-vid_75.ckpt');
  expect(printed).toEqual([model, '399999 not-found', model]);
});
