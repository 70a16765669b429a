import type { CatalogFile, CatalogVersion, FileMetadata } from '../catalog/entry.js';
import { filesOf } from '../server/catalog-index.js';
import type { ServerState } from '../server/state.js';

/** The query of a download. `fileId` overrides the others. */
export interface Selectors extends FileMetadata {
  readonly type?: string;
  readonly fileId?: number;
}

const WEIGHTS = ['Model', 'Pruned Model', 'Diffusion Model', 'UNet'];
const COMPONENTS = ['VAE', 'Text Encoder', 'UNet', 'Diffusion Model', 'CLIPVision', 'ControlNet'];
const DEFAULTS: FileMetadata = { format: 'SafeTensor', size: 'pruned', fp: 'fp16', quantType: 'Q4_K_M' };
const SCORES = { format: 100, size: 10, fp: 1, quantType: 0.5 } as const;
const KEYS = ['format', 'size', 'fp', 'quantType'] as const;

/** Returns the file with the given id, or else the one that fits the selectors and the preferences best. */
export function chooseFile(
  version: CatalogVersion,
  selectors: Selectors,
  preferences: FileMetadata,
  state: ServerState,
): CatalogFile | undefined {
  const { fileId, type } = selectors;
  if (fileId !== undefined) return version.files.find((file) => file.id === fileId);
  const wanted = { ...DEFAULTS, ...preferences, ...selectors };
  const candidates = version.files.filter((file) => type === undefined || file.type === type);
  const [best] = candidates.toSorted((a, b) => score(b, wanted) - score(a, wanted));
  if (best !== undefined) return contradicts(best, selectors) ? undefined : best;
  if (type === undefined || !COMPONENTS.includes(type)) return undefined;
  return filesOf(version, state.catalog).find((file) => file.type === type);
}

function score(file: CatalogFile, wanted: FileMetadata): number {
  const suits = KEYS.map((key) => {
    if (file.metadata[key] === undefined) return 0;
    return file.metadata[key] === wanted[key] ? SCORES[key] : -SCORES[key];
  });
  return suits.reduce((sum, points) => sum + points, WEIGHTS.includes(file.type) ? 1000 : 0);
}

function contradicts({ metadata }: CatalogFile, selectors: FileMetadata): boolean {
  return KEYS.some(
    (key) => selectors[key] !== undefined && metadata[key] !== undefined && selectors[key] !== metadata[key],
  );
}
