import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { blockWhileBusy, isBusy } from '../busy.js';
import type { Algorithm } from './checksum.js';
import { FileHasher } from './file-hasher.js';

export type FollowerCommand =
  | { readonly type: 'advance'; readonly prefixEnd: number }
  | { readonly type: 'reset' }
  | { readonly type: 'finish'; readonly size: number };

/** The answer to `finish`; other commands have none. */
export interface FollowerResult {
  readonly digest: string;
}

export interface FollowerTask {
  readonly path: string;
  readonly algorithm: Algorithm;
  /** Position of the first byte that counts; 0 by default. */
  readonly start?: number;
}

const port = parentPort;
const { path, algorithm, start } = workerData as FollowerTask;
const hasher = new FileHasher(path, algorithm, undefined, start);
let prefixEnd = 0;

function handle(command: FollowerCommand): void {
  if (command.type === 'advance') {
    prefixEnd = command.prefixEnd;
    return;
  }
  prefixEnd = 0;
  if (command.type === 'reset') hasher.reset();
  else
    port?.postMessage({
      digest: blockWhileBusy(path, () => hasher.end(command.size)),
    } satisfies FollowerResult);
}

/** Whether there is nothing to read at this moment. */
function advance(): boolean {
  try {
    return hasher.advance(prefixEnd);
  } catch (error) {
    if (isBusy(error, path)) return true;
    throw error;
  }
}

port?.on('message', (command: FollowerCommand) => {
  handle(command);
  // A reset must not wait until bytes are read that it makes obsolete.
  while (!advance()) {
    const next = port && receiveMessageOnPort(port);
    if (next) handle(next.message);
  }
});
