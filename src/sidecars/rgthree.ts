import { filled, type Json, type JsonFormat, objectOf, pageUrl, type SidecarFacts } from './format.js';
import { cleanWords, oneLine } from './text.js';

/** With the SHA256 and the metadata of the header, rgthree opens a model without hashing it. */
export const rgthree: JsonFormat = {
  suffix: (path) => `${path}.rgthree-info.json`,
  merge: (existing, facts) => {
    const known = withLists(existing);
    const sha256 = facts.hashes.get('SHA256')?.toLowerCase();
    return {
      ...known,
      ...filled(known, texts(facts)),
      ...(sha256 !== undefined && { sha256 }),
      raw: {
        metadata: {},
        ...objectOf(known.raw),
        civitai: facts.versionJson,
        ...(facts.headerMetadata && { metadata: facts.headerMetadata }),
      },
    };
  },
};

function texts(facts: SidecarFacts): Json {
  const { modelName, versionName, modelType, baseModel } = facts;
  return {
    name: oneLine(`${modelName} - ${versionName}`),
    type: modelType,
    baseModel,
    trainedWords: cleanWords(facts.trainedWords).map((word) => ({ word, civitai: true })),
    links: [pageUrl(facts)],
    images: [],
  };
}

/** Lists of a wrong type are filled again. */
function withLists(existing: Json): Json {
  const lists = ['trainedWords', 'links', 'images'];
  return Object.fromEntries(
    Object.entries(existing).filter(([key, value]) => !lists.includes(key) || Array.isArray(value)),
  );
}
