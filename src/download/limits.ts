import { Space } from '../disk/space.js';
import { BufferPool, bufferSize } from '../disk/write-buffer.js';
import { Throttle } from '../http/rate-limiter.js';
import type { Options } from '../options/options.js';
import { ConnectionBudget } from '../transfer/connections.js';
import type { Emit } from './events.js';
import { FailFast } from './fail-fast.js';
import { Pacer } from './pacer.js';
import type { Runtime } from './runtime.js';
import { Semaphore } from './semaphore.js';

/** Limited resources that all items of a run share. */
export interface Limits {
  readonly throttle: Throttle | undefined;
  readonly transfers: Semaphore;
  readonly images: Semaphore;
  /** Connections of large files beyond the one that each job has. */
  readonly connectionBudget: ConnectionBudget;
  readonly transferBuffers: BufferPool;
  readonly imageBuffers: BufferPool;
  readonly pacer: Pacer;
  readonly space: Space;
  readonly failFast: FailFast;
}

/** Images in parallel: few enough to be polite to a host that serves everybody. */
const MIN_IMAGES = 6;
const IMAGES_PER_JOB = 2;
const IMAGE_BUFFER_BYTES = 128 * 1024;

export interface LimitsOptions {
  readonly runtime: Runtime;
  readonly options: Options;
  readonly rootDir: string;
  readonly signal: AbortSignal;
  readonly emit: Emit;
}

export function createLimits({ runtime, options, rootDir, signal, emit }: LimitsOptions): Limits {
  const { sleep, monotonic } = runtime;
  const { jobs, connections, limitRate, pauseTime } = options;
  const failFast = new FailFast(rootDir, (error) => emit({ type: 'halted', error }));
  return {
    throttle: limitRate > 0 ? new Throttle(limitRate, monotonic) : undefined,
    transfers: new Semaphore(jobs),
    images: new Semaphore(MIN_IMAGES + IMAGES_PER_JOB * (jobs - 1)),
    connectionBudget: new ConnectionBudget(connections - 1),
    transferBuffers: new BufferPool(bufferSize(jobs + connections - 1)),
    imageBuffers: new BufferPool(IMAGE_BUFFER_BYTES),
    pacer: new Pacer({
      pauseSeconds: pauseTime,
      jobs,
      onPause: (seconds) => emit({ type: 'pausing', seconds }),
      sleep,
      signal: AbortSignal.any([signal, failFast.signal]),
      monotonic,
    }),
    space: new Space(),
    failFast,
  };
}
