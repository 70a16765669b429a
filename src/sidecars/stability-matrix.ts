import { type Json, type JsonFormat, objectOf, type SidecarFacts, stemOf } from './format.js';
import { cleanWords } from './text.js';

/** StabilityMatrix ignores the whole file if a value has a wrong type. */
export const stabilityMatrix: JsonFormat = {
  suffix: (path) => `${stemOf(path)}.cm-info.json`,
  merge: (existing, facts) => ({
    ...existing,
    ...identity(facts),
    ImportedAt: importedAt(existing, facts),
  }),
};

const COUNTS = ['favoriteCount', 'commentCount', 'thumbsUpCount', 'downloadCount', 'ratingCount'];

function identity(facts: SidecarFacts): Json {
  const { fileJson, hashes } = facts;
  return {
    ModelId: facts.modelId,
    ModelName: facts.modelName,
    ModelDescription: facts.modelDescription,
    Nsfw: facts.isNsfw,
    Tags: facts.tags,
    ModelType: facts.modelType,
    VersionId: facts.versionId,
    VersionName: facts.versionName,
    VersionDescription: facts.versionDescription,
    AuthorUsername: facts.creator,
    BaseModel: facts.baseModel,
    RemoteFileName: fileJson.name,
    RemoteFileId: fileJson.id,
    FileMetadata: textsOf(objectOf(fileJson.metadata), ['fp', 'size', 'format']),
    // Compared as text with those of the API.
    Hashes: textsOf(Object.fromEntries(hashes), ['SHA256', 'CRC32', 'BLAKE3']),
    TrainedWords: cleanWords(facts.trainedWords),
    Stats: Object.fromEntries(
      COUNTS.flatMap((name) => (Number.isInteger(facts.stats[name]) ? [[name, facts.stats[name]]] : [])),
    ),
    Source: 0,
  };
}

function textsOf(values: Json, names: readonly string[]): Json {
  return Object.fromEntries(
    names.flatMap((name) => (typeof values[name] === 'string' ? [[name, values[name]]] : [])),
  );
}

/** What .NET reads as a date; `Date` alone reads more. */
const ISO_DATE = /^\d{4}-\d\d-\d\dT[\d:.]+([+-]\d\d:\d\d|Z)$/;

function importedAt({ ImportedAt: before }: Json, { now }: SidecarFacts): string {
  const isDate = typeof before === 'string' && ISO_DATE.test(before) && !Number.isNaN(Date.parse(before));
  return isDate ? before : new Date(now).toISOString().replace(/\.\d+Z$/, '+00:00');
}
