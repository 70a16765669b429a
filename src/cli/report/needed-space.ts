import { dirname } from 'node:path';
import { fileSystemOf } from '../../disk/space.js';
import type { DownloadEvent } from '../../download/events.js';
import { formatBytes } from '../../format-bytes.js';
import { count } from '../terminal/format.js';
import type { Style } from '../terminal/style.js';

/** What a plan will take on one file system. */
export interface NeededSpace {
  /** The first folder on it that gets a model file. */
  readonly directory: string;
  /** Model files that are to be fetched. */
  readonly files: number;
  /** Those of which the size is not known. */
  readonly unknown: number;
  /** Bytes of the others that are not there yet. */
  readonly missing: number;
  /** Bytes; undefined where the system does not tell. */
  readonly free: number | undefined;
}

/** Adds up what the plans of a run will take. */
export class SpaceSums {
  /** By target path: what is asked for twice is fetched once. */
  readonly #planned = new Map<string, Pick<NeededSpace, 'unknown' | 'missing'>>();

  add(event: DownloadEvent): void {
    if (event.type !== 'planned' || event.from !== 'network' || !event.plan.modelFile) return;
    const { target, file } = event.plan.modelFile;
    this.#planned.set(target, { unknown: file.size === undefined ? 1 : 0, missing: event.missing });
  }

  /** The sums per file system, and how much is free there now. */
  async sums(): Promise<readonly NeededSpace[]> {
    const sums = new Map<number | undefined, NeededSpace>();
    const fileSystems = new Map<string, ReturnType<typeof fileSystemOf>>();
    for (const [target, { unknown, missing }] of this.#planned) {
      const directory = dirname(target);
      const asked = fileSystems.get(directory) ?? fileSystemOf(directory);
      fileSystems.set(directory, asked);
      const found = await asked;
      const sum = sums.get(found?.device) ?? {
        directory,
        files: 0,
        unknown: 0,
        missing: 0,
        free: found?.free,
      };
      sums.set(found?.device, {
        ...sum,
        files: sum.files + 1,
        unknown: sum.unknown + unknown,
        missing: sum.missing + missing,
      });
    }
    return [...sums.values()];
  }
}

/** Whether there is room for what is known to be missing. */
export function doesFit({ missing, free }: NeededSpace): boolean {
  return free === undefined || missing <= free;
}

/** The same in words, a line for each file system. */
export function neededSpaceLines(sums: readonly NeededSpace[], style: Style): readonly string[] {
  if (sums.length === 0) return ['Nothing to fetch but documents and images.'];
  return sums.map((sum) => {
    const { directory, files, unknown, missing, free } = sum;
    const more = unknown > 0 ? `, ${unknown} of them of unknown size,` : '';
    const needed = `${formatBytes(missing)} to fetch for ${count(files, 'model file')}${more} in ${directory}`;
    if (free === undefined) return `${needed}; how much is free there is not known`;
    const room = `${formatBytes(free)} free there`;
    if (doesFit(sum)) return `${needed}; ${room}`;
    return style.bad(`${needed}, but only ${room}: it won't fit, ${formatBytes(missing - free)} are missing`);
  });
}
