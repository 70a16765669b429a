import type { Socket } from 'node:net';

export type Random = () => number;

const below = (random: Random, end: number) => Math.floor(random() * end);

export function pick<T>(random: Random, all: readonly T[]): T {
  const one = all[below(random, all.length)];
  if (one === undefined) throw new Error('There is nothing to pick from.');
  return one;
}

/** Texts that break parsers. */
const FRAGMENTS = [
  '\r\n',
  '\n',
  '\r',
  '\r\n\r\n',
  '\0',
  ' ',
  ':',
  ';',
  ',',
  '\x80\xff',
  '0\r\n\r\n',
  'ffffffffffff\r\n',
  '-1',
  '99999999999999999999',
  'HTTP/1.1 200 OK\r\n',
  'HTTP/1.1 100 Continue\r\n\r\n',
  'HTTP/1.0 ',
  'content-length: 3\r\n',
  'content-length: 18446744073709551616\r\n',
  'transfer-encoding: chunked\r\n',
  'transfer-encoding: gzip, chunked\r\n',
  'connection: close\r\n',
  'content-range: bytes 5-9/3\r\n',
  'location: http://[::1\r\n',
  'x'.repeat(70_000),
];

type Mutation = (bytes: Buffer, random: Random) => Buffer;

/** Returns a place, more often in the head than in the body. */
function place(bytes: Buffer, random: Random): number {
  return below(random, Math.max(1, random() < 0.7 ? Math.min(bytes.length, 200) : bytes.length));
}

function splice(bytes: Buffer, start: number, removed: number, added: Uint8Array): Buffer {
  return Buffer.concat([bytes.subarray(0, start), added, bytes.subarray(start + removed)]);
}

const mutations: readonly Mutation[] = [
  // Flips a bit.
  (bytes, random) => {
    const at = place(bytes, random);
    return splice(bytes, at, 1, Buffer.of((bytes[at] ?? 0) ^ (1 << below(random, 8))));
  },
  // Removes some bytes.
  (bytes, random) => splice(bytes, place(bytes, random), 1 + below(random, 20), Buffer.alloc(0)),
  // Inserts random bytes.
  (bytes, random) => {
    const added = Buffer.from(Uint8Array.from({ length: 1 + below(random, 20) }, () => below(random, 256)));
    return splice(bytes, place(bytes, random), 0, added);
  },
  // Inserts or writes over with a fragment.
  (bytes, random) => {
    const fragment = Buffer.from(pick(random, FRAGMENTS), 'latin1');
    return splice(bytes, place(bytes, random), random() < 0.5 ? 0 : fragment.length, fragment);
  },
  // Repeats some bytes.
  (bytes, random) => {
    const at = place(bytes, random);
    return splice(bytes, at, 0, bytes.subarray(at, at + 1 + below(random, 100)));
  },
  // Changes a digit.
  (bytes, random) => {
    const digits = [...bytes.subarray(0, 400).entries()].filter(([, byte]) => byte >= 0x30 && byte <= 0x39);
    if (digits.length === 0) return bytes;
    return splice(bytes, pick(random, digits)[0], 1, Buffer.from(String(below(random, 10))));
  },
  // Removes or repeats a line.
  (bytes, random) => {
    const lines = bytes.toString('latin1').split('\r\n');
    const at = below(random, lines.length);
    lines.splice(at, random() < 0.5 ? 1 : 0, ...(random() < 0.5 ? [lines[at] ?? ''] : []));
    return Buffer.from(lines.join('\r\n'), 'latin1');
  },
  // Ends early.
  (bytes, random) => bytes.subarray(0, below(random, bytes.length)),
];

/** Returns a response with one to four faults. */
export function mangle(bytes: Buffer, random: Random): Buffer {
  let mangled = bytes;
  for (let count = 1 + below(random, 4); count > 0; count--)
    mangled = pick(random, mutations)(mangled, random);
  return mangled;
}

/** Sends bytes in some pieces, and then ends, resets or keeps the connection. */
export async function sendInPieces(bytes: Buffer, socket: Socket, random: Random): Promise<void> {
  const cuts = Array.from({ length: below(random, 4) }, () => below(random, bytes.length + 1));
  const places = [0, ...cuts.sort((one, other) => one - other), bytes.length];
  const end = random();
  for (const [index, start] of places.entries()) {
    socket.write(bytes.subarray(start, places[index + 1] ?? bytes.length));
    if (cuts.length > 0) await new Promise((resolve) => setImmediate(resolve));
  }
  if (end < 0.85) socket.end();
  else if (end < 0.95) socket.resetAndDestroy();
}
