import { join } from 'node:path';
import type { Foreseen } from '../../events.js';
import { plainText } from '../../plain-text.js';
import type { Plan } from '../../plan.js';
import { formatBytes } from './format.js';

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
  readonly from?: Foreseen | undefined;
}

/** All files of a plan, in the order in which they would be written. */
export function plannedFiles(
  { modelFile, documents, images }: Plan,
  from: Foreseen | undefined,
): readonly PlannedFile[] {
  return [
    ...(modelFile
      ? [
          {
            kind: 'model' as const,
            path: modelFile.target,
            size: modelFile.file.size,
            sha256: modelFile.file.hashes.get('SHA256'),
            from,
          },
        ]
      : []),
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

const FROM: Readonly<Record<Foreseen, string>> = {
  network: '',
  cache: 'from the cache  ',
  present: 'already there  ',
  unchecked: 'there, to be checked  ',
};

/** A plan in lines: kind, size, and path of each file, with the SHA256 of the model file. */
export function planLines(plan: Plan, foreseen: Foreseen | undefined): readonly string[] {
  return plannedFiles(plan, foreseen).map(({ kind, size, sha256, path, from = 'network' }) => {
    const shown = size === undefined ? '' : formatBytes(size);
    const hash = kind === 'model' ? `SHA256 ${sha256 ?? 'not known'}  ${FROM[from]}` : '';
    return `${kind.padEnd(8)}  ${shown.padStart(8)}  ${hash}${plainText(path)}`;
  });
}
