import { join } from 'node:path';
import type { FileOrigin, Planned } from '../../download/events.js';
import type { Plan } from '../../download/plan.js';
import { formatBytes } from '../../format-bytes.js';
import { stripControlChars } from '../../text.js';

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
