import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { bugs } from './bugs.js';

/** How many there are of each kind. */
const KINDS = {
  META: 11,
  MOD: 15,
  BAT: 5,
  ARG: 6,
  SRC: 8,
  OPT: 4,
  VAL: 4,
  IO: 4,
  CAC: 3,
  CFG: 11,
  SOR: 3,
  PKG: 1,
};

it('is there for every bug', () => {
  const all = Object.entries(KINDS).flatMap(([kind, number]) =>
    Array.from({ length: number }, (_, index) => `${kind}-${index + 1}`),
  );
  expect(Object.keys(bugs)).toEqual(all);
});

it.each(Object.entries(bugs))('%s has tests against it, or a reason to have none', (_id, { bug, proofs }) => {
  expect(bug).not.toBe('');
  expect(proofs.length).toBeGreaterThan(0);
  if (typeof proofs === 'string') return;
  for (const [file, words] of proofs) {
    const source = readFileSync(new URL(`../${file}`, import.meta.url), 'utf8');
    expect(source, `${file} has a test with these words`).toContain(words);
  }
});
