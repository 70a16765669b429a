import { open } from 'node:fs/promises';
import { PICTURE_HEAD_BYTES, pictureKindOf } from '../pictures/picture-kind.js';

/**
 * Reads a batch file; of a picture or another file that is not text, only the beginning: it can be larger than the memory.
 * Rejects as `fs.readFile` does.
 */
export async function readSourceFile(path: string): Promise<Uint8Array> {
  const handle = await open(path);
  try {
    const head = await readHead((buffer, offset) =>
      handle.read(buffer, offset, buffer.length - offset, null),
    );
    if (pictureKindOf(head) !== undefined || isBinary(head)) return head;
    // Goes on where the beginning ends, also in a pipe.
    return Buffer.concat([head, await handle.readFile()]);
  } finally {
    await handle.close();
  }
}

/** Reads the beginning of a file, of which a pipe may return a part at a time. */
async function readHead(
  read: (buffer: Buffer, offset: number) => Promise<{ readonly bytesRead: number }>,
): Promise<Buffer> {
  const head = Buffer.alloc(PICTURE_HEAD_BYTES);
  let length = 0;
  while (length < head.length) {
    const { bytesRead } = await read(head, length);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  return head.subarray(0, length);
}

/** Whether a file is neither text nor marked as UTF-16, which has zeros in text. */
function isBinary(head: Buffer): boolean {
  const mark = head.toString('latin1', 0, 2);
  return head.includes(0) && mark !== '\xff\xfe' && mark !== '\xfe\xff';
}
