import { dirname, join, relative, sep } from 'node:path';
import { fileSystemOf } from '../../disk/space.js';
import type { DownloadEvent, FileOrigin, Planned } from '../../download/events.js';
import type { Plan } from '../../download/plan.js';
import type { RunPlan } from '../../download/run-plan.js';
import { formatBytes, stripControlChars } from '../../text.js';
import { count } from '../terminal/format.js';
import type { Style } from '../terminal/style.js';

/** A file that a run would write; sizes are in bytes. */
export interface PlannedFile {
  readonly kind: 'model' | 'document' | 'image' | 'sidecar' | 'preview';
  /** Absolute. The extension of an image is `*`: only its bytes tell it. */
  readonly path: string;
  readonly size?: number | undefined;
  readonly sha256?: string | undefined;
  readonly url?: string | undefined;
  /** The origin of a model file. */
  readonly from?: FileOrigin | undefined;
  /** The part of a model file that is still to be downloaded. */
  readonly missing?: number | undefined;
}

/** Lists the files of a plan in the order in which they would be written. */
export function plannedFiles({ plan, from, missing }: Planned): readonly PlannedFile[] {
  const { modelFile, documents, images, sidecars } = plan;
  return [
    ...plannedSidecars(sidecars),
    ...plannedModelFile(modelFile, from, missing),
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

/** They are written before the model, which applications read only once. */
function plannedSidecars(sidecars: Plan['sidecars']): readonly PlannedFile[] {
  if (!sidecars) return [];
  const { tasks, preview } = sidecars;
  const ends = preview?.names.map((name) => (name === 'preview' ? '.preview.*' : '.*')) ?? [];
  return [
    ...tasks.map(({ target }) => ({ kind: 'sidecar' as const, path: target })),
    ...ends.map((end) => ({
      kind: 'preview' as const,
      path: `${preview?.stem}${end}`,
      url: preview?.urls[0]?.href,
    })),
  ];
}

function plannedModelFile(
  task: Plan['modelFile'],
  from: FileOrigin | undefined,
  missing: number,
): readonly PlannedFile[] {
  if (!task) return [];
  const { target, file } = task;
  return [{ kind: 'model', path: target, size: file.size, sha256: file.hashes.get('SHA256'), from, missing }];
}

const ORIGINS: Readonly<Record<Exclude<FileOrigin, 'network'>, string>> = {
  cache: 'from the cache',
  present: 'already downloaded',
  unchecked: 'exists, to be verified',
};

/** Formats a plan as lines of any length, with a note if not every account can download it. */
export function planLines(planned: Planned, verbose: boolean): readonly string[] {
  const note = planNote(planned);
  return [
    ...(note === undefined ? [] : ['note'.padEnd(PREFIX_COLUMNS) + note]),
    ...plannedFiles(planned).map((file) => {
      const details = [verbose && describeChecksum(file), describeOrigin(file)].filter(Boolean);
      return planPrefix(file) + [...details, stripControlChars(file.path)].join('  ');
    }),
  ];
}

export const PREFIX_COLUMNS = 20;

/** Formats the kind and the size of a file, {@link PREFIX_COLUMNS} wide. */
export function planPrefix({ kind, size }: PlannedFile): string {
  return `${kind.padEnd(8)}  ${(size === undefined ? '' : formatBytes(size)).padStart(8)}  `;
}

/** Describes why not every account can download a file; undefined if nothing is known of that. */
export function planNote({ unavailableReason }: Planned): string | undefined {
  if (!unavailableReason) return undefined;
  return `${stripControlChars(unavailableReason.message)} It requires the API key of an account that has access.`;
}

/** Returns the SHA256 of a model file; empty for others. */
export function describeChecksum({ kind, sha256 }: PlannedFile): string {
  return kind === 'model' ? `SHA256 ${sha256 ?? 'unknown'}` : '';
}

/** Describes how much of a model file has to be downloaded; empty if all of it. */
export function describeOrigin({ kind, from = 'network', size, missing = 0 }: PlannedFile): string {
  if (kind !== 'model') return '';
  if (from !== 'network') return ORIGINS[from];
  return size !== undefined && missing < size ? `${formatBytes(missing)} left to download` : '';
}

/** The space that a plan needs on one file system; sizes are in bytes. */
export interface NeededSpace {
  /** The folder that contains all of its model files. */
  readonly directory: string;
  /** Number of model files to download. */
  readonly files: number;
  /** Number of those whose size is unknown. */
  readonly unknown: number;
  /** Bytes of the others that are not on disk yet. */
  readonly missing: number;
  /** Undefined if the system does not report it. */
  readonly free: number | undefined;
}

interface NeededFile {
  readonly unknown: number;
  readonly missing: number;
}

/** Adds up the space that the plans of a run need. */
export class SpaceSums {
  /** By target path, so that a duplicate counts once. */
  readonly #files = new Map<string, NeededFile>();

  add(event: DownloadEvent): void {
    if (event.type !== 'planned' || event.from !== 'network' || !event.plan.modelFile) return;
    const { target, file } = event.plan.modelFile;
    this.#files.set(target, { unknown: file.size === undefined ? 1 : 0, missing: event.missing });
  }

  /** Returns the sum for each file system, with its free space now. */
  sums(): readonly NeededSpace[] {
    const sums = new Map<number | undefined, NeededSpace>();
    const fileSystems = new Map<string, ReturnType<typeof fileSystemOf>>();
    for (const [target, { unknown, missing }] of this.#files) {
      const directory = dirname(target);
      const fileSystem = fileSystems.get(directory) ?? fileSystemOf(directory);
      fileSystems.set(directory, fileSystem);
      const sum = sums.get(fileSystem?.device);
      sums.set(fileSystem?.device, {
        directory: sum ? commonFolder(sum.directory, directory) : directory,
        files: (sum?.files ?? 0) + 1,
        unknown: (sum?.unknown ?? 0) + unknown,
        missing: (sum?.missing ?? 0) + missing,
        free: sum ? sum.free : fileSystem?.freeBytes,
      });
    }
    return [...sums.values()];
  }
}

/** Returns the innermost folder that contains both. */
function commonFolder(one: string, other: string): string {
  const isInside = relative(one, other).split(sep)[0] !== '..';
  const parent = dirname(one);
  return isInside || parent === one ? one : commonFolder(parent, other);
}

/** Returns the space that a run with lists needs in its root directory; empty if there is nothing to download. */
export function neededSpaceOf({ rootDir, missing, free }: RunPlan): readonly NeededSpace[] {
  const { files, unknown, bytes } = missing;
  return files === 0 ? [] : [{ directory: rootDir, files, unknown, missing: bytes, free }];
}

/** Whether the known sizes fit into the free space. */
export function doesFit({ missing, free }: NeededSpace): boolean {
  return free === undefined || missing <= free;
}

/** Formats the needed space, a line for each file system. */
export function neededSpaceLines(sums: readonly NeededSpace[], style: Style): readonly string[] {
  if (sums.length === 0) return ['Nothing to download except documents and images.'];
  return sums.map((sum) => {
    const { directory, files, unknown, missing, free } = sum;
    const unknownSizes = unknown > 0 ? ` (${unknown} of unknown size)` : '';
    const needed = `${formatBytes(missing)} to download for ${count(files, 'model file')}${unknownSizes} in ${directory}`;
    if (free === undefined) return `${needed}; free space unknown`;
    if (doesFit(sum)) return `${needed}; ${formatBytes(free)} free`;
    return style.bad(`${needed}; only ${formatBytes(free)} free: ${formatBytes(missing - free)} more needed`);
  });
}
