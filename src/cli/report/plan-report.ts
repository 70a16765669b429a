import { dirname, join } from 'node:path';
import { fileSystemOf } from '../../disk/space.js';
import type { DownloadEvent, FileOrigin, Planned } from '../../download/events.js';
import type { Plan } from '../../download/plan.js';
import { formatBytes, stripControlChars } from '../../text.js';
import { count } from '../terminal/format.js';
import type { Style } from '../terminal/style.js';

/** One file that would be written. */
export interface PlannedFile {
  readonly kind: 'model' | 'document' | 'image';
  /** Absolute. An image's extension is known by its bytes only: `*` stands for it. */
  readonly path: string;
  /** Bytes, as far as they are known. */
  readonly size?: number | undefined;
  readonly sha256?: string | undefined;
  readonly url?: string | undefined;
  /** Of a model file: where it would come from. */
  readonly from?: FileOrigin | undefined;
  /** Bytes of a model file that are still to be fetched. */
  readonly missing?: number | undefined;
}

/** All files of a plan, in the order in which they would be written. */
export function plannedFiles({ plan, from, missing }: Planned): readonly PlannedFile[] {
  const { modelFile, documents, images } = plan;
  return [
    ...modelFiles(modelFile, from, missing),
    ...documents.map(({ target, content }) => ({
      kind: 'document' as const,
      path: target,
      size: Buffer.byteLength(content),
    })),
    ...images.map(({ directory, stem, url }) => ({
      kind: 'image' as const,
      path: join(directory, `${stem}.*`),
      url: url.href,
    })),
  ];
}

function modelFiles(
  task: Plan['modelFile'],
  from: FileOrigin | undefined,
  missing: number,
): readonly PlannedFile[] {
  if (!task) return [];
  const { target, file } = task;
  return [{ kind: 'model', path: target, size: file.size, sha256: file.hashes.get('SHA256'), from, missing }];
}

const FROM: Readonly<Record<Exclude<FileOrigin, 'network'>, string>> = {
  cache: 'from the cache  ',
  present: 'already there  ',
  unchecked: 'there, to be checked  ',
};

/**
 * A plan in lines: kind, size, and path of each file, with the SHA256 of the model file; and a note where not everybody
 * gets it.
 */
export function planLines(planned: Planned): readonly string[] {
  const { obstacle } = planned;
  const note = `${'note'.padEnd(20)}${stripControlChars(obstacle?.message ?? '')} It needs the key of an account that has access.`;
  return [...(obstacle ? [note] : []), ...plannedFiles(planned).map(fileLine)];
}

function fileLine(file: PlannedFile): string {
  const { kind, size, sha256, path } = file;
  const shown = size === undefined ? '' : formatBytes(size);
  const hash = kind === 'model' ? `SHA256 ${sha256 ?? 'not known'}  ${whence(file)}` : '';
  return `${kind.padEnd(8)}  ${shown.padStart(8)}  ${hash}${stripControlChars(path)}`;
}

function whence({ from = 'network', size, missing = 0 }: PlannedFile): string {
  if (from !== 'network') return FROM[from];
  return size !== undefined && missing < size ? `${formatBytes(missing)} missing  ` : '';
}

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
  sums(): readonly NeededSpace[] {
    const sums = new Map<number | undefined, NeededSpace>();
    const fileSystems = new Map<string, ReturnType<typeof fileSystemOf>>();
    for (const [target, { unknown, missing }] of this.#planned) {
      const directory = dirname(target);
      const found = fileSystems.get(directory) ?? fileSystemOf(directory);
      fileSystems.set(directory, found);
      const sum = sums.get(found?.device) ?? {
        directory,
        files: 0,
        unknown: 0,
        missing: 0,
        free: found?.freeBytes,
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
