import type { ChunkSink } from '../http/http.js';

/** A write costs more than receiving the 16 KiB of a TLS record, so that many are gathered for one. */
const WRITE_SIZE = 1024 * 1024;
const WRITE_BUFFERS = 512;

export interface Gatherer {
  /** Takes a chunk; asks to wait only when a full buffer meets a write still under way. */
  readonly add: ChunkSink;
  /** Writes the rest; afterwards all that was added is written. */
  readonly flush: () => Promise<void>;
}

/** Gathers chunks to large writes of which one is under way at a time, while the next ones are received. */
export function gather(write: (buffers: readonly Buffer[]) => Promise<void>): Gatherer {
  let buffers: Buffer[] = [];
  let size = 0;
  let writing = Promise.resolve();
  // Stays true after a write that failed: then whoever comes next waits for it, and hears of it.
  let busy = false;

  function startWrite(): void {
    busy = true;
    writing = write(buffers).then(() => {
      busy = false;
    });
    writing.catch(() => {});
    buffers = [];
    size = 0;
  }

  return {
    add: (chunk) => {
      buffers.push(chunk);
      size += chunk.length;
      if (size < WRITE_SIZE && buffers.length < WRITE_BUFFERS) return;
      if (busy) return writing.then(startWrite);
      startWrite();
    },
    flush: async () => {
      await writing;
      if (size > 0) startWrite();
      await writing;
    },
  };
}
