import { expect, it } from 'vitest';
import { Gate } from '../../src/cli/gate.js';

it('A closed gate keeps actions, and runs them in their order when it opens', () => {
  const gate = new Gate();
  const seen: number[] = [];
  gate.run(() => seen.push(1));
  gate.close();
  gate.run(() => seen.push(2));
  gate.close();
  gate.run(() => seen.push(3));
  expect(seen).toEqual([1]);
  expect(gate.isClosed).toBe(true);
  gate.open();
  expect(seen).toEqual([1, 2, 3]);
  gate.run(() => seen.push(4));
  gate.open();
  expect(seen).toEqual([1, 2, 3, 4]);
  expect(gate.isClosed).toBe(false);
});
