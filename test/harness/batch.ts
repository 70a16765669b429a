import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { CatalogModel, CatalogVersion } from '../fake-civitai/catalog/entry.js';
import { file, image, model, version } from '../fake-civitai/catalog.js';
import { media } from '../fake-civitai/content/media.js';
import { bytesOf } from '../fake-civitai/server/catalog-index.js';

const FIRST = 1_000_000;

export interface BatchOptions {
  readonly count: number;
  /** Returns the size of a model's file by the model's number. */
  readonly sizeOf: (index: number) => number;
  /** One of so many models is unavailable; none by default. */
  readonly refuseEvery?: number;
}

/** Reasons for which a model is unavailable. */
const REFUSALS: readonly (Partial<CatalogModel> | Partial<CatalogVersion>)[] = [
  { mode: 'Archived' },
  { usageControl: 'Generation' },
  { private: true },
  { paidAccess: { permanent: true, endsAt: null } },
];

/** Makes many models with one small file and one image each. */
export function batchModels({ count, sizeOf, refuseEvery = Infinity }: BatchOptions): CatalogModel[] {
  return Array.from({ length: count }, (_, index) => {
    const id = FIRST + index;
    const isRefused = index % refuseEvery === refuseEvery - 1;
    const refusal = isRefused ? REFUSALS[Math.floor(index / refuseEvery) % REFUSALS.length] : {};
    const files = [
      file({
        id: id + 2 * FIRST,
        name: `batch_${index}.safetensors`,
        size: sizeOf(index),
        host: index % 2 === 0 ? 'r2' : 'b2',
        hashes: ['SHA256'],
      }),
    ];
    const images = [image({ id: id + 3 * FIRST })];
    const only = version({
      id: id + FIRST,
      name: 'v1',
      files,
      images,
      ...(refusal as Partial<CatalogVersion>),
    });
    return model({
      id,
      name: `Batch ${index}`,
      versions: [only],
      ...('mode' in (refusal ?? {}) && (refusal as Partial<CatalogModel>)),
    });
  });
}

/** Whether a model of the batch is unavailable. */
export function isRefused(index: number, { refuseEvery = Infinity }: BatchOptions): boolean {
  return index % refuseEvery === refuseEvery - 1;
}

/** The content of a folder of downloaded models. */
export interface BatchInspection {
  /** Names of models whose files are all right. */
  readonly right: ReadonlySet<string>;
  /** What is wrong with the others, by name. */
  readonly wrong: ReadonlyMap<string, string>;
  /** Files that belong to no model. */
  readonly staleFiles: readonly string[];
}

/** Compares all files of a folder with those of the models. */
export async function inspectBatch(
  folder: string,
  models: readonly CatalogModel[],
): Promise<BatchInspection> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const rest = new Set(
    entries
      .filter((entry) => !entry.isDirectory())
      .map((entry) => relative(folder, join(entry.parentPath, entry.name))),
  );
  const right = new Set<string>();
  const wrong = new Map<string, string>();
  for (const one of models) {
    const problem = await problemOf(one, folder, rest);
    if (problem === undefined) right.add(one.name);
    else wrong.set(one.name, problem);
  }
  return { right, wrong, staleFiles: [...rest] };
}

/** Removes the files of a model from the rest. Returns what is missing or wrong. */
async function problemOf(
  { id, name, versions: [only] }: CatalogModel,
  folder: string,
  rest: Set<string>,
): Promise<string | undefined> {
  const [weights] = only?.files ?? [];
  const [picture] = only?.images ?? [];
  if (!only || !weights || !picture) return 'is no model of a batch';
  const stem = join(name, `${weights.name.replace('.safetensors', '')}-mid_${id}-vid_${only.id}`);
  const extra = join(name, `extra_data-vid_${only.id}`);
  const expected: readonly (readonly [string, Buffer | undefined])[] = [
    [`${stem}.safetensors`, bytesOf(weights).read(0, weights.size)],
    [`${stem}.csv`, undefined],
    [join(extra, `model_dict-mid_${id}-vid_${only.id}.json`), undefined],
    [join(extra, `${picture.name}.jpeg`), media(picture.format, `image ${picture.id}`)],
    [join(extra, `${picture.name}-prompt.json`), undefined],
  ];
  for (const [path, bytes] of expected) {
    if (!rest.delete(path)) return `${path} is missing`;
    const found = await readFile(join(folder, path));
    if (bytes ? digest(found) !== digest(bytes) : found.length === 0) return `${path} has wrong bytes`;
    if (path.endsWith('.json')) JSON.parse(found.toString());
  }
  return undefined;
}

function digest(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
