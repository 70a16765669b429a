import { ExactNumber } from './exact-json.js';
import {
  filled,
  isLora,
  isText,
  type Json,
  type JsonFormat,
  pageUrl,
  type SidecarFacts,
  stemOf,
  textsIn,
} from './format.js';
import { cleanWords, htmlToText, oneLine } from './text.js';

/** One object for the user metadata of A1111, the ids of Browser+, and the model's record of SD.Next. */
export const a1111: JsonFormat = {
  suffix: (path) => `${stemOf(path)}.json`,
  merge: (existing, facts) => {
    const known = repair(existing);
    return { ...known, ...filled(known, texts(facts)), ...identity(facts) };
  },
};

function texts(facts: SidecarFacts): Json {
  const about = htmlToText(facts.modelDescription) || htmlToText(facts.versionDescription);
  const description = [about, pageUrl(facts)].filter(Boolean).join('\n');
  const sdVersion = sdVersionOf(facts.baseModel);
  if (!isLora(facts)) return { description, notes: '', tags: facts.tags };
  return {
    description,
    ...(sdVersion !== undefined && { 'sd version': sdVersion }),
    'activation text': cleanWords(facts.trainedWords).join(', '),
    'preferred weight': 0,
    'negative text': '',
    notes: '',
    tags: facts.tags,
  };
}

/** SD.Next compares hashes in upper case and takes the first version; so there is only this one. */
function identity(facts: SidecarFacts): Json {
  const { modelId, versionId, modelName, modelType, isNsfw, creator, hashes } = facts;
  const sha256 = hashes.get('SHA256');
  const { id, name, type, sizeKB, primary, hashes: fileHashes } = facts.fileJson;
  return {
    modelId,
    modelVersionId: versionId,
    ...(sha256 !== undefined && { sha256 }),
    id: modelId,
    name: modelName,
    type: modelType,
    nsfw: isNsfw,
    creator: { username: creator },
    modelVersions: [
      {
        id: versionId,
        name: facts.versionName,
        baseModel: facts.baseModel,
        trainedWords: cleanWords(facts.trainedWords),
        files: [{ id, name, type, sizeKB, primary, hashes: fileHashes }],
      },
    ],
  };
}

const SD_VERSIONS: readonly (readonly [pattern: RegExp, version: string])[] = [
  [/^SD 1\./, 'SD1'],
  [/^SD 2\./, 'SD2'],
  [/^(SDXL .*|Pony|Illustrious|NoobAI)$/, 'SDXL'],
  [/^SD 3/, 'SD3'],
  [/^Flux\.1 /, 'Flux'],
];

/** A LoRA of another version than the checkpoint's is hidden, so a wrong value is worse than none. */
function sdVersionOf(baseModel: string): string | undefined {
  return SD_VERSIONS.find(([pattern]) => pattern.test(baseModel))?.[1];
}

/** Values of a wrong type make whole pages of the web UIs fail: their content stays as text. */
function repair(existing: Json): Json {
  const repaired: Record<string, unknown> = { ...existing };
  for (const key of ['description', 'notes', 'activation text', 'negative text', 'sd version']) {
    if (key in repaired && typeof repaired[key] !== 'string') repaired[key] = toText(repaired[key]);
  }
  const activation = repaired['activation text'];
  if (isText(activation)) repaired['activation text'] = oneLine(activation);
  const weight = repaired['preferred weight'];
  if ('preferred weight' in repaired && typeof weight !== 'number')
    repaired['preferred weight'] = Number.isFinite(Number(weight)) ? Number(weight) : 0;
  if ('tags' in repaired) repaired.tags = textsIn(repaired.tags);
  return repaired;
}

function toText(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (Array.isArray(value)) return value.map(toText).filter(Boolean).join(', ');
  return typeof value === 'object' && !(value instanceof ExactNumber) ? JSON.stringify(value) : String(value);
}
