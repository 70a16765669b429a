import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import type { Algorithm } from './checksum.js';
import { FileHasher } from './file-hasher.js';

/** What the thread is told. */
export type FollowerCommand =
  /** That many bytes from the beginning on are in the file. */
  | { readonly type: 'front'; readonly prefixEnd: number }
  /** The file starts again from nothing. */
  | { readonly type: 'reset' }
  /** The file is whole and has that many bytes: answer with the digest. */
  | { readonly type: 'end'; readonly size: number };

/** The thread's only answer. */
export interface FollowerResult {
  readonly digest: string;
}

/** What the thread is started with. */
export interface FollowerTask {
  readonly path: string;
  readonly algorithm: Algorithm;
}

const port = parentPort;
const { path, algorithm } = workerData as FollowerTask;
const checksum = new FileHasher(path, algorithm);
let prefixEnd = 0;

function handle(command: FollowerCommand): void {
  if (command.type === 'front') prefixEnd = command.prefixEnd;
  else if (command.type === 'reset') {
    prefixEnd = 0;
    checksum.reset();
  } else {
    prefixEnd = 0;
    port?.postMessage({ digest: checksum.end(command.size) } satisfies FollowerResult);
  }
}

port?.on('message', (command: FollowerCommand) => {
  handle(command);
  // A reset must not wait until all the bytes that it makes worthless are read.
  while (!checksum.advance(prefixEnd)) {
    const next = port && receiveMessageOnPort(port);
    if (next) handle(next.message);
  }
});
