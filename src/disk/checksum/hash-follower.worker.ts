import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import type { Algorithm } from './checksum.js';
import { GrowingChecksum } from './file-hasher.js';

/** What the thread is told. */
export type ChecksumCommand =
  /** That many bytes from the beginning on are in the file. */
  | { readonly type: 'front'; readonly front: number }
  /** The file starts again from nothing. */
  | { readonly type: 'reset' }
  /** The file is whole and has that many bytes: answer with the digest. */
  | { readonly type: 'end'; readonly size: number };

/** The thread's only answer. */
export interface ChecksumAnswer {
  readonly digest: string;
}

/** What the thread is started with. */
export interface ChecksumTask {
  readonly path: string;
  readonly algorithm: Algorithm;
}

const port = parentPort;
const { path, algorithm } = workerData as ChecksumTask;
const checksum = new GrowingChecksum(path, algorithm);
let front = 0;

function obey(command: ChecksumCommand): void {
  if (command.type === 'front') front = command.front;
  else if (command.type === 'reset') {
    front = 0;
    checksum.reset();
  } else {
    front = 0;
    port?.postMessage({ digest: checksum.end(command.size) } satisfies ChecksumAnswer);
  }
}

port?.on('message', (command: ChecksumCommand) => {
  obey(command);
  // A reset must not wait until all the bytes that it makes worthless are read.
  while (!checksum.advance(front)) {
    const next = port && receiveMessageOnPort(port);
    if (next) obey(next.message);
  }
});
