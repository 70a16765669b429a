import { createServer, Socket } from 'node:net';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { type Address, createLookup, type Dial, interleave, openTcp } from '../../src/http/tcp.js';

const six = (number: number): Address => ({ address: `2001:db8::${number}`, family: 6 });
const four = (number: number): Address => ({ address: `192.0.2.${number}`, family: 4 });

/** Starts a server, and returns a dial that reaches it at an address after some time, or fails then, or never ends. */
async function network(peers: Readonly<Record<string, readonly [ms: number, end: 'connects' | string]>>) {
  const server = createServer((socket) => socket.on('error', () => {}));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  const dialed = new Map<string, Socket>();
  const dial: Dial = (to) => {
    const socket = new Socket();
    dialed.set(to, socket);
    const [ms, end] = peers[to] ?? [0, 'never'];
    if (end === 'connects') setTimeout(() => socket.destroyed || socket.connect(port, '127.0.0.1'), ms);
    else if (end !== 'never')
      setTimeout(() => socket.destroy(Object.assign(new Error(end), { code: end })), ms);
    return socket;
  };
  onTestFinished(() => {
    for (const socket of dialed.values()) socket.destroy();
    server.close();
  });
  return { dial, dialed };
}

/** Lets time pass only where a test says so. */
function stopTime(): void {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  onTestFinished(() => void vi.useRealTimers());
}

const { signal } = new AbortController();
const connect = (dial: Dial, addresses: readonly Address[], given = signal) =>
  openTcp('host.test', 443, { lookup: async () => addresses, dial }, given);

describe('a connection', () => {
  it.each([
    ['with a single address that needs 700 ms', { '192.0.2.1': [700, 'connects'] }, [four(1)], '192.0.2.1'],
    [
      'with two addresses that both need 700 ms',
      { '2001:db8::1': [700, 'connects'], '192.0.2.1': [700, 'connects'] },
      [six(1), four(1)],
      '2001:db8::1',
    ],
    ['whose IPv6 never answers', { '192.0.2.1': [300, 'connects'] }, [six(1), four(1)], '192.0.2.1'],
    [
      'whose IPv6 has no route',
      { '2001:db8::1': [0, 'ENETUNREACH'], '192.0.2.1': [300, 'connects'] },
      [six(1), four(1)],
      '192.0.2.1',
    ],
    [
      'whose first of many IPv6 addresses never answers',
      { '192.0.2.1': [400, 'connects'] },
      [six(1), six(2), six(3), six(4), four(1)],
      '192.0.2.1',
    ],
    [
      'whose first address refuses',
      { '192.0.2.1': [0, 'ECONNREFUSED'], '192.0.2.2': [0, 'connects'] },
      [four(1), four(2)],
      '192.0.2.2',
    ],
    [
      'whose second address is faster',
      { '192.0.2.1': [2_000, 'connects'], '192.0.2.2': [50, 'connects'] },
      [four(1), four(2)],
      '192.0.2.2',
    ],
  ] as const)('%s is made', async (_what, peers, addresses, winner) => {
    const { dial, dialed } = await network(peers);
    const socket = await connect(dial, addresses);
    expect(socket).toBe(dialed.get(winner));
    const others = [...dialed.values()].filter((one) => one !== socket);
    expect(others.every((one) => one.destroyed)).toBe(true);
    expect(socket.destroyed).toBe(false);
  });

  it('tries the next address after 250 ms, or at once after a failure', async () => {
    const { dial, dialed } = await network({
      '2001:db8::1': [0, 'ECONNREFUSED'],
      '192.0.2.2': [0, 'connects'],
    });
    stopTime();
    const opened = connect(dial, [six(1), four(1), four(2)]);
    const dialedAfter = async (ms: number) => {
      await vi.advanceTimersByTimeAsync(ms);
      return dialed.size;
    };
    expect(await dialedAfter(0)).toBe(2);
    expect(await dialedAfter(249)).toBe(2);
    expect(await dialedAfter(1)).toBe(3);
    // A timer that is set while time passes fires a millisecond later at the earliest.
    await vi.advanceTimersByTimeAsync(1);
    expect(await opened).toBe(dialed.get('192.0.2.2'));
  });

  it.each([
    ['the only error', [six(1)], 'ENETUNREACH'],
    ['the error of an address that was reached', [six(1), four(1)], 'ECONNREFUSED'],
    ['that error, also if it came first', [four(1), six(1)], 'ECONNREFUSED'],
  ])('fails with %s', async (_what, addresses, code) => {
    const { dial } = await network({ '2001:db8::1': [10, 'ENETUNREACH'], '192.0.2.1': [0, 'ECONNREFUSED'] });
    await expect(connect(dial, addresses)).rejects.toMatchObject({ code });
  });

  it.each([
    ['the lookup', [], () => new Promise<readonly Address[]>(() => {})],
    ['the first attempt', ['2001:db8::1'], async () => [six(1)]],
    ['all attempts', ['2001:db8::1', '192.0.2.1'], async () => [six(1), four(1)]],
  ])('ends at once when the signal aborts during %s', async (_what, addresses, lookup) => {
    const { dial, dialed } = await network({});
    stopTime();
    const controller = new AbortController();
    const opened = openTcp('host.test', 443, { lookup, dial }, controller.signal);
    // It moves the time on; afterwards, none passes.
    await vi.waitUntil(() => dialed.size === addresses.length);
    controller.abort(new Error('aborted'));
    await expect(opened).rejects.toThrow('aborted');
    expect([...dialed.values()].every((socket) => socket.destroyed)).toBe(true);
  });
});

describe('the order of addresses', () => {
  it.each([
    [
      [six(1), six(2), four(1), four(2)],
      [six(1), four(1), six(2), four(2)],
    ],
    [
      [four(1), six(1), six(2)],
      [four(1), six(1), six(2)],
    ],
    [
      [six(1), six(2)],
      [six(1), six(2)],
    ],
    [[four(1)], [four(1)]],
    [[], []],
  ])('%j becomes %j', (given, order) => {
    expect(interleave(given)).toEqual(order);
  });
});

describe('the lookup', () => {
  it('asks once for requests at the same time', () => {
    const lookup = createLookup();
    expect(lookup('localhost')).toBe(lookup('localhost'));
  });

  it('finds the addresses of this machine', async () => {
    const found = await createLookup()('localhost');
    expect(found.some(({ address }) => address === '127.0.0.1' || address === '::1')).toBe(true);
  });
});
