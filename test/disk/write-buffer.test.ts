import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BufferPool, WriteBuffer } from '../../src/disk/write-buffer.js';

const SIZE = 16;
const START = 100;

/** A disk whose writes end when the test says so. */
class SlowDisk {
  readonly content = new Map<number, number>();
  readonly writes: (readonly [position: number, length: number])[] = [];
  /** Writes that have begun and not ended. */
  #pending: { readonly end: () => void; readonly fail: (error: Error) => void }[] = [];
  mostPending = 0;

  readonly write = (block: Buffer, position: number): Promise<void> => {
    this.writes.push([position, block.length]);
    return new Promise<void>((resolve, reject) => {
      // What counts is what the memory holds when the write ends: it must not be used again before.
      const end = () => {
        block.forEach((byte, at) => {
          this.content.set(position + at, byte);
        });
        resolve();
      };
      this.#pending.push({ end, fail: reject });
      this.mostPending = Math.max(this.mostPending, this.#pending.length);
    });
  };

  get isBusy(): boolean {
    return this.#pending.length > 0;
  }

  async endOne(): Promise<void> {
    this.#pending.shift()?.end();
    await turn();
  }

  async fail(error: Error): Promise<void> {
    this.#pending.shift()?.fail(error);
    await turn();
  }

  /** Ends all writes, also those that begin meanwhile, until a promise is settled. */
  async endAllUntil<T>(promise: Promise<T>): Promise<T> {
    let isSettled = false;
    const settled = () => {
      isSettled = true;
    };
    promise.then(settled, settled);
    for (let rounds = 0; !isSettled && rounds < 1_000; rounds++) await this.endOne();
    return promise;
  }

  bytes(start: number, length: number): (number | undefined)[] {
    return Array.from({ length }, (_, at) => this.content.get(start + at));
  }
}

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));
const bytes = (length: number, first = 0) => Uint8Array.from({ length }, (_, at) => (first + at) % 251);
const full = new Error('The disk is full.');

function writerOn(disk: SlowDisk) {
  return new WriteBuffer(disk.write, START, new BufferPool(SIZE));
}

/** Adds so many bytes that nobody has to wait for them. */
function put(writer: WriteBuffer, length: number, first = 0): void {
  expect(writer.add(bytes(length, first))).toBeUndefined();
}

describe('chunks on their way to the disk', () => {
  it('are gathered to blocks, each in its place', async () => {
    const disk = new SlowDisk();
    const writer = writerOn(disk);
    put(writer, 10);
    expect(writer.waiting).toBe(10);
    expect(disk.writes).toEqual([]);
    put(writer, 10, 10);
    expect(writer.waiting).toBe(4);
    await disk.endAllUntil(writer.flush());
    expect(disk.writes).toEqual([
      [START, SIZE],
      [START + SIZE, 4],
    ]);
    expect(disk.bytes(START, 20)).toEqual([...bytes(20)]);
  });

  it('have to wait when one block is being written and the next is full', async () => {
    const disk = new SlowDisk();
    const writer = writerOn(disk);
    put(writer, SIZE);
    put(writer, SIZE - 1);
    let isReady = false;
    const pending = writer.add(bytes(3))?.then(() => {
      isReady = true;
    });
    await turn();
    expect([isReady, disk.writes.length]).toEqual([false, 1]);
    await disk.endOne();
    expect([isReady, disk.writes.length, writer.waiting]).toEqual([true, 2, 2]);
    await pending;
  });

  it('may be longer than several blocks', async () => {
    const disk = new SlowDisk();
    const writer = writerOn(disk);
    await disk.endAllUntil(writer.add(bytes(5 * SIZE + 3)) ?? Promise.resolve());
    await disk.endAllUntil(writer.flush());
    expect(disk.bytes(START, 5 * SIZE + 3)).toEqual([...bytes(5 * SIZE + 3)]);
    expect(disk.mostPending).toBe(1);
  });

  it('are written before a block is full when somebody nudges', async () => {
    const disk = new SlowDisk();
    const writer = writerOn(disk);
    writer.flushSoon();
    expect(disk.writes).toEqual([]);
    put(writer, 3);
    writer.flushSoon();
    expect(disk.writes).toEqual([[START, 3]]);
    put(writer, 2, 3);
    writer.flushSoon();
    expect(disk.writes).toHaveLength(1);
    await disk.endOne();
    writer.flushSoon();
    expect(disk.writes).toEqual([
      [START, 3],
      [START + 3, 2],
    ]);
    await disk.endAllUntil(writer.flush());
    expect(disk.bytes(START, 5)).toEqual([...bytes(5)]);
  });

  it('do not get into memory that is being written', async () => {
    const disk = new SlowDisk();
    const writer = writerOn(disk);
    put(writer, 3);
    writer.flushSoon();
    await disk.endOne();
    put(writer, 3, 3);
    writer.flushSoon();
    put(writer, 3, 6);
    await disk.endAllUntil(writer.flush());
    expect(disk.bytes(START, 9)).toEqual([...bytes(9)]);
  });

  it('need no flush when there are none', async () => {
    const disk = new SlowDisk();
    await writerOn(disk).flush();
    expect(disk.writes).toEqual([]);
  });

  it('are all there, in order, whatever their sizes and however slow the disk', async () => {
    const step = fc.oneof(
      fc.nat(SIZE / 2).map((length) => ({ length })),
      fc.nat(3 * SIZE).map((length) => ({ length })),
      fc.constant('nudge' as const),
      fc.constant('end' as const),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 30 }), async (steps) => {
        const disk = new SlowDisk();
        const writer = writerOn(disk);
        let total = 0;
        for (const next of steps) {
          if (next === 'nudge') writer.flushSoon();
          else if (next === 'end') await disk.endOne();
          else if (typeof next === 'object') {
            const chunk = bytes(next.length, total);
            const pending = writer.add(chunk);
            chunk.fill(255);
            total += next.length;
            if (pending !== undefined) await disk.endAllUntil(pending);
          }
        }
        await disk.endAllUntil(writer.flush());
        expect(disk.isBusy).toBe(false);
        expect(disk.mostPending).toBeLessThanOrEqual(1);
        expect(disk.bytes(START, total)).toEqual([...bytes(total)]);
        expect(disk.content.size).toBe(total);
      }),
      { numRuns: 100 },
    );
  });

  it('are all there after a flush, even if a chunk had to wait when it was called for', async () => {
    const disk = new SlowDisk();
    const writer = writerOn(disk);
    put(writer, 2 * SIZE - 1);
    const pending = writer.add(bytes(SIZE + 6, 2 * SIZE - 1));
    await disk.endAllUntil(writer.flush());
    await pending;
    expect([disk.isBusy, disk.mostPending]).toEqual([false, 1]);
    expect(disk.bytes(START, 3 * SIZE + 5)).toEqual([...bytes(3 * SIZE + 5)]);
  });
});

describe('a write that fails', () => {
  it('is told with the next chunk, and with all that follows', async () => {
    const disk = new SlowDisk();
    const writer = writerOn(disk);
    put(writer, SIZE);
    await disk.fail(full);
    await expect(writer.add(bytes(1))).rejects.toBe(full);
    await expect(writer.flush()).rejects.toBe(full);
    writer.flushSoon();
    expect(disk.writes).toHaveLength(1);
  });

  it('is told to a chunk that waits for it', async () => {
    const disk = new SlowDisk();
    const writer = writerOn(disk);
    put(writer, SIZE);
    const waiting = expect(writer.add(bytes(2 * SIZE))).rejects.toBe(full);
    await disk.fail(full);
    await waiting;
    expect(disk.writes).toHaveLength(1);
  });

  it.each([0, 3])('is told by a flush, with %i bytes waiting', async (waiting) => {
    const disk = new SlowDisk();
    const writer = writerOn(disk);
    put(writer, SIZE + waiting);
    const flushed = expect(writer.flush()).rejects.toBe(full);
    await disk.fail(full);
    await flushed;
    expect(disk.writes).toHaveLength(1);
  });

  it('is told by a flush that has begun it', async () => {
    const disk = new SlowDisk();
    const writer = writerOn(disk);
    put(writer, 3);
    const flushed = expect(writer.flush()).rejects.toBe(full);
    await disk.fail(full);
    await flushed;
  });

  it('is told by a flush that was called while a chunk had to wait', async () => {
    const disk = new SlowDisk();
    const writer = writerOn(disk);
    put(writer, 2 * SIZE - 1);
    const pending = expect(writer.add(bytes(5))).resolves.toBeUndefined();
    const flushed = expect(writer.flush()).rejects.toBe(full);
    await disk.endOne();
    await pending;
    await disk.fail(full);
    await flushed;
  });
});
