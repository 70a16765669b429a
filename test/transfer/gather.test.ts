import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { gather } from '../../src/transfer/gather.js';

const MEBI = 1024 * 1024;
const chunk = (size: number, fill = 0) => Buffer.alloc(size, fill);

/** A disk of which each write ends when the test says so. */
function slowDisk() {
  const writes: { readonly size: number; end(): void; fail(error: Error): void }[] = [];
  const write = (buffers: readonly Buffer[]) =>
    new Promise<void>((end, fail) => {
      writes.push({ size: buffers.reduce((sum, { length }) => sum + length, 0), end, fail });
    });
  return { write, writes, sizes: () => writes.map(({ size }) => size) };
}

const settle = () => new Promise<void>((resolve) => setImmediate(resolve));

describe('gathered chunks', () => {
  it('are written in order and as a whole, whatever their sizes', async () => {
    const sizes = fc.array(fc.oneof(fc.nat(2_000), fc.constantFrom(0, 16_384, MEBI, MEBI + 1)), {
      maxLength: 12,
    });
    await fc.assert(
      fc.asyncProperty(sizes, fc.boolean(), async (given, isSlow) => {
        const written: Buffer[] = [];
        let atATime = 0;
        const { add, flush } = gather(async (buffers) => {
          expect(++atATime).toBe(1);
          if (isSlow) await settle();
          written.push(...buffers);
          atATime--;
        });
        const chunks = given.map((size, index) => chunk(size, index + 1));
        for (const each of chunks) await add(each);
        await flush();
        expect(Buffer.concat(written).equals(Buffer.concat(chunks))).toBe(true);
      }),
      { numRuns: 30 },
    );
  });

  it('are written together', async () => {
    const { write, writes, sizes } = slowDisk();
    const { add, flush } = gather(write);
    for (let index = 0; index < 63; index++) expect(add(chunk(16 * 1024))).toBeUndefined();
    expect(writes).toEqual([]);
    expect(add(chunk(16 * 1024))).toBeUndefined();
    expect(sizes()).toEqual([MEBI]);
    writes[0]?.end();
    await flush();
    expect(sizes()).toEqual([MEBI]);
  });

  it('are not too many for one write', () => {
    const { write, sizes } = slowDisk();
    const { add } = gather(write);
    for (let index = 0; index < 512; index++) void add(chunk(1));
    expect(sizes()).toEqual([512]);
  });

  it('wait only when a full buffer meets a write under way', async () => {
    const { write, writes, sizes } = slowDisk();
    const { add } = gather(write);
    expect(add(chunk(MEBI))).toBeUndefined();
    expect(add(chunk(MEBI - 1))).toBeUndefined();
    let isTaken = false;
    const pending = Promise.resolve(add(chunk(1))).then(() => {
      isTaken = true;
    });
    await settle();
    expect(isTaken).toBe(false);
    expect(sizes()).toEqual([MEBI]);
    writes[0]?.end();
    await pending;
    expect(sizes()).toEqual([MEBI, MEBI]);
  });

  it('are all written after a flush', async () => {
    const { write, writes, sizes } = slowDisk();
    const { add, flush } = gather(write);
    void add(chunk(MEBI));
    void add(chunk(7));
    let isFlushed = false;
    const flushed = flush().then(() => {
      isFlushed = true;
    });
    writes[0]?.end();
    await settle();
    expect(sizes()).toEqual([MEBI, 7]);
    expect(isFlushed).toBe(false);
    writes[1]?.end();
    await flushed;
  });

  it('cause no write where there are none', async () => {
    const { write, writes } = slowDisk();
    await gather(write).flush();
    expect(writes).toEqual([]);
  });
});

describe('a write that fails', () => {
  const full = new Error('no space');

  it('is told by the next full buffer', async () => {
    const { write, writes } = slowDisk();
    const { add } = gather(write);
    void add(chunk(MEBI));
    writes[0]?.fail(full);
    await settle();
    await expect(add(chunk(MEBI))).rejects.toBe(full);
    expect(writes).toHaveLength(1);
  });

  it('is told to the one who waits for it', async () => {
    const { write, writes } = slowDisk();
    const { add } = gather(write);
    void add(chunk(MEBI));
    const pending = add(chunk(MEBI));
    writes[0]?.fail(full);
    await expect(pending).rejects.toBe(full);
  });

  it('is told by the flush', async () => {
    const { write, writes } = slowDisk();
    const { add, flush } = gather(write);
    void add(chunk(MEBI));
    void add(chunk(7));
    writes[0]?.fail(full);
    await settle();
    await expect(flush()).rejects.toBe(full);
    await expect(flush()).rejects.toBe(full);
    expect(writes).toHaveLength(1);
  });

  it('is told by the flush when it is the last one', async () => {
    const { add, flush } = gather(() => Promise.reject(full));
    void add(chunk(7));
    await expect(flush()).rejects.toBe(full);
  });
});
