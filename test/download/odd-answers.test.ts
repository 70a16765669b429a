import { describe, expect, it } from 'vitest';
import type { z } from 'zod';
import type { CivitaiClient } from '../../src/civitai/client.js';
import { resolve } from '../../src/civitai/resolve.js';
import { createStrictSchemas, modelSchema, versionSchema } from '../../src/civitai/schema.js';
import { DEFAULT_SELECTION } from '../../src/civitai/selection.js';
import type { Source } from '../../src/civitai/source.js';
import { plan } from '../../src/download/plan.js';
import { CivitdlError, NotFoundError, ServerError } from '../../src/errors.js';
import { basic } from '../../src/sorter/basic.js';
import { fullModel, fullVersion, type OddAnswer, oddAnswers } from '../civitai/full-answers.js';

const [modelId, versionId, fileId] = [123456, 234567, 345678];
const strict = createStrictSchemas();

interface Answers {
  readonly model: unknown;
  readonly version: unknown;
}

const parsed = new Map<unknown, unknown>();

/** Returns undefined for an invalid answer. Each is read once, for all sources. */
function parseOnce<T>(schema: z.ZodType<T>, json: unknown): T | undefined {
  if (!parsed.has(json)) parsed.set(json, schema.safeParse(json).data);
  return parsed.get(json) as T | undefined;
}

/** A client that gets these answers, whichever ids it asks for. */
function clientOf({ model, version }: Answers): CivitaiClient {
  const read = async <T>(schema: z.ZodType<T>, json: unknown): Promise<T> => {
    const data = parseOnce(schema, json);
    if (data === undefined) throw new ServerError('bad-answer', 'The answer is invalid.');
    return data;
  };
  const unused = async (): Promise<never> => {
    throw new Error('Unexpected request.');
  };
  return {
    getModel: async (id) => {
      if (id !== modelId) throw new NotFoundError('not-found', 'No such model.');
      return read(modelSchema, model);
    },
    getModelVersion: async (id) => {
      if (id !== versionId) throw new NotFoundError('not-found', 'No such version.');
      return read(versionSchema, version);
    },
    getModelVersionByHash: () => read(versionSchema, version),
    getModels: unused,
    getImages: unused,
    listModels: unused,
    getCollectionItems: unused,
    getPostedImages: unused,
    getOwners: unused,
    isCompleteCheckpoint: async () => undefined,
    getDownloadUrl: unused,
  };
}

/** Resolves a source, and plans its file. */
async function planWith(answers: Answers, source: Source) {
  const resolved = await resolve(source, {
    client: clientOf(answers),
    signal: new AbortController().signal,
    now: Date.parse('2026-08-15'),
    choice: 'primary',
    selection: DEFAULT_SELECTION,
    warn: () => {},
  });
  const { model, version, files } = resolved;
  const [file] = files;
  if (!file) throw new Error('No file was selected.');
  const options = { maxImages: 20, nsfwMode: 1, withPrompt: true, withoutModel: false };
  const made = plan({ model, version, file, directories: basic(model, version, file, '/models'), options });
  return { file, version, skipped: resolved.skipped, target: made.modelFile?.target ?? '' };
}

/** Returns the path of an odd value if it was refused, or what is wrong with the result. */
async function outcomeOf(
  { path, value }: OddAnswer,
  answers: Answers,
  source: Source,
): Promise<{ readonly refused?: string; readonly problem?: string }> {
  const what = `${path} = ${JSON.stringify(value)}: `;
  try {
    const { file, version, skipped, target } = await planWith(answers, source);
    if (!/^\/models\/.+-mid_\d+-vid_\d+\.?\w*$/.test(target)) return { problem: what + target };
    const isRight = version.id === versionId && file.id === fileId;
    // Another version is only chosen with a reason, and another id only where the answer has it.
    if (isRight || skipped.length > 0 || /(^|\.)id$/.test(path)) return {};
    return { problem: `${what}file ${file.id} of version ${version.id}` };
  } catch (error) {
    if (error instanceof CivitdlError) return { refused: path };
    return { problem: `${what}${error}` };
  }
}

/** Tries all odd answers. Returns the paths of those that were refused, and what is wrong with the results. */
async function tryAll(
  odd: readonly OddAnswer[],
  answersOf: (json: unknown) => Answers,
  source: Source,
): Promise<{ readonly refused: ReadonlySet<string>; readonly problems: readonly string[] }> {
  const outcomes = await Promise.all(odd.map((one) => outcomeOf(one, answersOf(one.json), source)));
  return {
    refused: new Set(outcomes.flatMap(({ refused }) => refused ?? [])),
    problems: outcomes.flatMap(({ problem }) => problem ?? []),
  };
}

const sources = {
  'a model': { kind: 'model', modelId },
  'a version': { kind: 'version', versionId },
  'a version and its model': { kind: 'version', versionId, modelId },
  'a file': { kind: 'version', versionId, modelId, file: { fileId } },
  'a hash': { kind: 'hash', hash: '0A1B2C3D4E' },
} satisfies Record<string, Source>;
type SourceName = keyof typeof sources;

const oddModels = oddAnswers(fullModel);
const oddVersions = oddAnswers(fullVersion);
const withModel = (model: unknown) => ({ model, version: fullVersion });
const withVersion = (version: unknown) => ({ model: fullModel, version });

it('whole answers have a plan, without issues', async () => {
  for (const source of Object.values(sources)) {
    const { file, target } = await planWith({ model: fullModel, version: fullVersion }, source);
    expect(file.id).toBe(fileId);
    expect(target).toBe('/models/Paper Lantern/PaperLantern-v2-mid_123456-vid_234567.safetensors');
  }
  expect(strict.model.safeParse(fullModel).error).toBeUndefined();
  expect(strict.version.safeParse(fullVersion).error).toBeUndefined();
});

it('there are many odd answers', () => {
  expect(oddModels.length).toBeGreaterThan(1_000);
  expect(oddVersions.length).toBeGreaterThan(600);
});

describe('an odd answer is refused only where it cannot be told what to download', () => {
  // Another number as an id means another thing.
  it.each<readonly [SourceName, refused: readonly string[]]>([
    ['a model', ['', 'id', 'name', 'modelVersions']],
    ['a version', []],
    ['a version and its model', []],
    ['a file', ['modelVersions.0.files.0.id']],
    ['a hash', ['modelVersions.0.files.0.id']],
  ])('of the model, for %s', async (name, paths) => {
    const { refused, problems } = await tryAll(oddModels, withModel, sources[name]);
    expect(problems).toEqual([]);
    expect([...refused]).toEqual(paths);
  });

  // Only one usage control allows a download, and any other text is one that does not.
  it.each<readonly [SourceName, refused: readonly string[]]>([
    ['a model', []],
    ['a version', ['', 'id', 'name', 'usageControl']],
    ['a version and its model', ['modelId', 'usageControl']],
    ['a file', ['modelId', 'usageControl']],
    ['a hash', ['', 'id', 'name', 'usageControl', 'files.0.id']],
  ])('of the version, for %s', async (name, paths) => {
    const { refused, problems } = await tryAll(oddVersions, withVersion, sources[name]);
    expect(problems).toEqual([]);
    expect([...refused]).toEqual(paths);
  });
});

describe('nothing is left out of a list without an issue in the strict schema', () => {
  it.each([
    ['model', oddModels, strict.model, modelSchema],
    ['version', oddVersions, strict.version, versionSchema],
  ] as const)('of the %s', (_what, odd, strictSchema, schema) => {
    for (const { path, value, json } of odd) {
      const { data } = schema.safeParse(json);
      if (!data || strictSchema.safeParse(json).error) continue;
      expect(sizesOf(data), `${path} = ${JSON.stringify(value)}`).toEqual(sizesOf(json));
    }
  });
});

/** Counts the elements of all lists that a download uses, and the properties of all hashes. */
function sizesOf(model: unknown): readonly number[] {
  const { versions, modelVersions = versions, tags, files, images, hashes } = Object(model);
  const lists = [modelVersions, tags, files, images].map((list) => (Array.isArray(list) ? list : []));
  const hashCount = hashes instanceof Map ? hashes.size : Object.values(hashes ?? {}).filter(Boolean).length;
  return [hashCount, ...lists.flatMap((list) => [list.length, ...list.flatMap(sizesOf)])];
}
