import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ConnectionBudget, ConnectionScaler } from '../../src/transfer/connections.js';

describe('the number of connections', () => {
  it('is the maximum from the start', () => {
    expect(new ConnectionScaler(8).target).toBe(8);
  });

  it('falls to the served ones after the host refused one', () => {
    const scaler = new ConnectionScaler(8);
    scaler.backOff(3, 0);
    expect(scaler.target).toBe(3);
  });

  it('is at least one', () => {
    const scaler = new ConnectionScaler(8);
    scaler.backOff(0, 0);
    expect(scaler.target).toBe(1);
  });

  it('rises by one after a while', () => {
    const scaler = new ConnectionScaler(4);
    scaler.backOff(2, 0);
    scaler.tick(4_999);
    expect(scaler.target).toBe(2);
    scaler.tick(5_000);
    expect(scaler.target).toBe(3);
    scaler.tick(5_001);
    expect(scaler.target).toBe(3);
  });

  it('never rises above the maximum', () => {
    const scaler = new ConnectionScaler(2);
    scaler.backOff(1, 0);
    for (const now of [10_000, 100_000, 1_000_000]) scaler.tick(now);
    expect(scaler.target).toBe(2);
  });

  it('stays longer after each refusal, up to a minute', () => {
    const scaler = new ConnectionScaler(2);
    let now = 0;
    for (const holdMs of [5_000, 10_000, 20_000, 40_000, 60_000, 60_000]) {
      scaler.backOff(1, now);
      scaler.tick(now + holdMs - 1);
      expect(scaler.target).toBe(1);
      scaler.tick(now + holdMs);
      expect(scaler.target).toBe(2);
      now += 1_000_000;
    }
  });

  it('counts simultaneous refusals once', () => {
    const scaler = new ConnectionScaler(8);
    for (const served of [5, 4, 4]) scaler.backOff(served, 0);
    expect(scaler.target).toBe(4);
    scaler.tick(5_000);
    expect(scaler.target).toBe(5);
  });
});

const [one, other] = [{}, {}];

describe('a connection budget', () => {
  it('is all for a single transfer', () => {
    const shared = new ConnectionBudget(3);
    expect(shared.claim(one, 7)).toBe(3);
    expect(shared.claim(one, 2)).toBe(2);
    expect(shared.claim(one, 0)).toBe(0);
  });

  it('is split when another transfer claims its share', () => {
    const shared = new ConnectionBudget(4);
    expect(shared.claim(one, 4)).toBe(4);
    expect(shared.claim(other, 4)).toBe(0);
    expect(shared.claim(one, 4)).toBe(2);
    expect(shared.claim(other, 4)).toBe(2);
    shared.release(other);
    expect(shared.claim(one, 4)).toBe(4);
  });

  it('grants no more than its total, nor more than claimed', () => {
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
