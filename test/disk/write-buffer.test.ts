import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BufferPool, WriteBuffer } from '../../src/disk/write-buffer.js';

const SIZE = 16;
const START = 100;

/** A disk whose writes end when the test says so. */
class SlowDisk {
  readonly content = new Map<number, number>();
  readonly writes: (readonly [position: number, length: number])[] = [];
  #pending: { readonly end: () => void; readonly fail: (error: Error) => void }[] = [];
  maxPending = 0;

  readonly write = (block: Buffer, position: number): Promise<void> => {
    this.writes.push([position, block.length]);
    return new Promise<void>((resolve, reject) => {
      // The memory counts as it is when the write ends: it must not be reused before.
      const end = () => {
        block.forEach((byte, at) => {
          this.content.set(position + at, byte);
        });
        resolve();
      };
      this.#pending.push({ end, fail: reject });
      this.maxPending = Math.max(this.maxPending, this.#pending.length);
    });
  };

  get isBusy(): boolean {
    return this.#pending.length > 0;
  }

  async endOne(): Promise<void> {
    this.#pending.shift()?.end();
    await nextTurn();
  }

  async fail(error: Error): Promise<void> {
    this.#pending.shift()?.fail(error);
    await nextTurn();
  }

  /** Ends all writes, including those that begin meanwhile, until a promise is settled. */
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

const nextTurn = () => new Promise<void>((resolve) => setImmediate(resolve));
const bytes = (length: number, first = 0) => Uint8Array.from({ length }, (_, at) => (first + at) % 251);
const full = new Error('The disk is full.');

function bufferOn(disk: SlowDisk) {
  return new WriteBuffer(disk.write, START, new BufferPool(SIZE));
}

/** Adds bytes that need no waiting. */
function put(buffer: WriteBuffer, length: number, first = 0): void {
  expect(buffer.add(bytes(length, first))).toBeUndefined();
}

describe('chunks', () => {
  it('are gathered into blocks, each at its position', async () => {
    const disk = new SlowDisk();
    const buffer = bufferOn(disk);
    put(buffer, 10);
    expect(buffer.waiting).toBe(10);
    expect(disk.writes).toEqual([]);
    put(buffer, 10, 10);
    expect(buffer.waiting).toBe(4);
    await disk.endAllUntil(buffer.flush());
    expect(disk.writes).toEqual([
      [START, SIZE],
      [START + SIZE, 4],
    ]);
    expect(disk.bytes(START, 20)).toEqual([...bytes(20)]);
  });

  it('have to wait while one block is being written and the next is full', async () => {
    const disk = new SlowDisk();
    const buffer = bufferOn(disk);
    put(buffer, SIZE);
    put(buffer, SIZE - 1);
    let isReady = false;
    const pending = buffer.add(bytes(3))?.then(() => {
      isReady = true;
    });
    await nextTurn();
    expect([isReady, disk.writes.length]).toEqual([false, 1]);
    await disk.endOne();
    expect([isReady, disk.writes.length, buffer.waiting]).toEqual([true, 2, 2]);
    await pending;
  });

  it('may be longer than several blocks', async () => {
    const disk = new SlowDisk();
    const buffer = bufferOn(disk);
    await disk.endAllUntil(buffer.add(bytes(5 * SIZE + 3)) ?? Promise.resolve());
    await disk.endAllUntil(buffer.flush());
    expect(disk.bytes(START, 5 * SIZE + 3)).toEqual([...bytes(5 * SIZE + 3)]);
    expect(disk.maxPending).toBe(1);
  });

  it('are written before a block is full by flushSoon', async () => {
    const disk = new SlowDisk();
    const buffer = bufferOn(disk);
    buffer.flushSoon();
    expect(disk.writes).toEqual([]);
    put(buffer, 3);
    buffer.flushSoon();
    expect(disk.writes).toEqual([[START, 3]]);
    put(buffer, 2, 3);
    buffer.flushSoon();
    expect(disk.writes).toHaveLength(1);
    await disk.endOne();
    buffer.flushSoon();
    expect(disk.writes).toEqual([
      [START, 3],
      [START + 3, 2],
    ]);
    await disk.endAllUntil(buffer.flush());
    expect(disk.bytes(START, 5)).toEqual([...bytes(5)]);
  });

  it('do not change memory that is being written', async () => {
    const disk = new SlowDisk();
    const buffer = bufferOn(disk);
    put(buffer, 3);
    buffer.flushSoon();
    await disk.endOne();
    put(buffer, 3, 3);
    buffer.flushSoon();
    put(buffer, 3, 6);
    await disk.endAllUntil(buffer.flush());
    expect(disk.bytes(START, 9)).toEqual([...bytes(9)]);
  });

  it('need no flush if there are none', async () => {
    const disk = new SlowDisk();
    await bufferOn(disk).flush();
    expect(disk.writes).toEqual([]);
  });

  it('are all written in order, whatever their sizes and however slow the disk', async () => {
    const step = fc.oneof(
      fc.nat(SIZE / 2).map((length) => ({ length })),
      fc.nat(3 * SIZE).map((length) => ({ length })),
      fc.constant('flush soon' as const),
      fc.constant('end' as const),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 30 }), async (steps) => {
        const disk = new SlowDisk();
        const buffer = bufferOn(disk);
        let total = 0;
        for (const next of steps) {
          if (next === 'flush soon') buffer.flushSoon();
          else if (next === 'end') await disk.endOne();
          else if (typeof next === 'object') {
            const chunk = bytes(next.length, total);
            const pending = buffer.add(chunk);
            chunk.fill(255);
            total += next.length;
            if (pending !== undefined) await disk.endAllUntil(pending);
          }
        }
        await disk.endAllUntil(buffer.flush());
        expect(disk.isBusy).toBe(false);
        expect(disk.maxPending).toBeLessThanOrEqual(1);
        expect(disk.bytes(START, total)).toEqual([...bytes(total)]);
        expect(disk.content.size).toBe(total);
      }),
      { numRuns: 100 },
    );
  });

  it('are all written after a flush, even if a chunk had to wait before', async () => {
    const disk = new SlowDisk();
    const buffer = bufferOn(disk);
    put(buffer, 2 * SIZE - 1);
    const pending = buffer.add(bytes(SIZE + 6, 2 * SIZE - 1));
    await disk.endAllUntil(buffer.flush());
    await pending;
    expect([disk.isBusy, disk.maxPending]).toEqual([false, 1]);
    expect(disk.bytes(START, 3 * SIZE + 5)).toEqual([...bytes(3 * SIZE + 5)]);
  });
});

describe('a write that fails', () => {
  it('rejects the next chunk, and all that follow', async () => {
    const disk = new SlowDisk();
    const buffer = bufferOn(disk);
    put(buffer, SIZE);
    await disk.fail(full);
    await expect(buffer.add(bytes(1))).rejects.toBe(full);
    await expect(buffer.flush()).rejects.toBe(full);
    buffer.flushSoon();
    expect(disk.writes).toHaveLength(1);
  });

  it('rejects a chunk that waits', async () => {
    const disk = new SlowDisk();
    const buffer = bufferOn(disk);
    put(buffer, SIZE);
    const waiting = expect(buffer.add(bytes(2 * SIZE))).rejects.toBe(full);
    await disk.fail(full);
    await waiting;
    expect(disk.writes).toHaveLength(1);
  });

  it.each([0, 3])('rejects a flush, with %i bytes waiting', async (waiting) => {
    const disk = new SlowDisk();
    const buffer = bufferOn(disk);
    put(buffer, SIZE + waiting);
    const flushed = expect(buffer.flush()).rejects.toBe(full);
    await disk.fail(full);
    await flushed;
    expect(disk.writes).toHaveLength(1);
  });

  it('rejects the flush that started it', async () => {
    const disk = new SlowDisk();
    const buffer = bufferOn(disk);
    put(buffer, 3);
    const flushed = expect(buffer.flush()).rejects.toBe(full);
    await disk.fail(full);
    await flushed;
  });

  it('rejects a flush that was called while a chunk had to wait', async () => {
    const disk = new SlowDisk();
    const buffer = bufferOn(disk);
    put(buffer, 2 * SIZE - 1);
    const pending = expect(buffer.add(bytes(5))).resolves.toBeUndefined();
    const flushed = expect(buffer.flush()).rejects.toBe(full);
    await disk.endOne();
    await pending;
    await disk.fail(full);
    await flushed;
  });
});
