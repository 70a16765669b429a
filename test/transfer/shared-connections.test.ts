import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ConnectionBudget } from '../../src/transfer/connections.js';

const [one, other] = [{}, {}];

describe('connections that transfers share', () => {
  it('are all for one who is alone', () => {
    const shared = new ConnectionBudget(3);
    expect(shared.claim(one, 7)).toBe(3);
    expect(shared.claim(one, 2)).toBe(2);
    expect(shared.claim(one, 0)).toBe(0);
  });

  it('are given back when another one wants its share', () => {
    const shared = new ConnectionBudget(4);
    expect(shared.claim(one, 4)).toBe(4);
    expect(shared.claim(other, 4)).toBe(0);
    expect(shared.claim(one, 4)).toBe(2);
    expect(shared.claim(other, 4)).toBe(2);
    shared.release(other);
    expect(shared.claim(one, 4)).toBe(4);
  });

  it('are never more than there are, and nobody gets more than was asked for', () => {
    const claims = fc.array(fc.tuple(fc.nat(4), fc.nat(9)), { maxLength: 40 });
    fc.assert(
      fc.property(fc.nat(8), claims, (count, all) => {
        const shared = new ConnectionBudget(count);
        const transfers = Array.from({ length: 5 }, () => ({ held: 0 }));
        for (const [which, wanted] of all) {
          const transfer = transfers[which] ?? { held: 0 };
          transfer.held = shared.claim(transfer, wanted);
          expect(transfer.held).toBeLessThanOrEqual(wanted);
          const held = transfers.reduce((sum, { held: some }) => sum + some, 0);
          expect(held).toBeLessThanOrEqual(count);
        }
      }),
    );
  });
});
