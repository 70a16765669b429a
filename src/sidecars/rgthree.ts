import {
  filled,
  isText,
  type Json,
  type JsonFormat,
  objectOf,
  pageUrl,
  type SidecarFacts,
  textsIn,
} from './format.js';
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

/** Lists of a wrong type are filled again; what is no word and no link is left out. */
function withLists(existing: Json): Json {
  const { trainedWords, links, images } = existing;
  const isWord = (one: unknown) => isText(objectOf(one).word);
  return {
    ...existing,
    trainedWords: Array.isArray(trainedWords) ? trainedWords.filter(isWord) : undefined,
    links: textsIn(links),
    images: Array.isArray(images) ? images : undefined,
  };
}
