import { filled, type Json, type JsonFormat, pageUrl, type SidecarFacts, stemOf } from './format.js';
import { cleanWords, htmlToText, oneLine } from './text.js';

/** SwarmUI reads all values as texts; its editor writes them all, so each that is there is the user's. */
export const swarmui: JsonFormat = {
  suffix: (path) => `${stemOf(path)}.swarm.json`,
  merge: (existing, facts) => {
    const known = withTexts(existing);
    const { tensorSha256 } = facts;
    return {
      ...known,
      ...filled(known, texts(facts)),
      // Without the hash, SwarmUI writes its own header into the model, which changes its SHA256.
      ...(tensorSha256 !== undefined && { 'modelspec.hash_sha256': `0x${tensorSha256}` }),
    };
  },
};

/** Of the title, the author and the date. */
const MAX_TITLE_LENGTH = 4096;

function texts(facts: SidecarFacts): Json {
  const { modelName, versionName, creator, createdAt, trainedWords, tags, baseModel } = facts;
  const link = `From <a href="${pageUrl(facts, 'civitai.red')}" target="_blank">civitai</a>`;
  const about = [facts.versionDescription, facts.modelDescription].map(htmlToText).filter(Boolean);
  return {
    'modelspec.title': oneLine(`${modelName} - ${versionName}`).slice(0, MAX_TITLE_LENGTH),
    'modelspec.description': [link, ...about].join('\n'),
    'modelspec.author': oneLine(creator).slice(0, MAX_TITLE_LENGTH),
    'modelspec.date': oneLine(createdAt).slice(0, MAX_TITLE_LENGTH),
    'modelspec.trigger_phrase': cleanWords(trainedWords).join('; '),
    'modelspec.tags': cleanWords(tags).join(', '),
    ...(['Illustrious', 'Pony'].includes(baseModel) && { 'modelspec.usage_hint': baseModel }),
  };
}

const TEXT_KEYS = new Set([
  ...['title', 'author', 'license', 'date', 'description', 'trigger_phrase', 'usage_hint', 'architecture'],
  ...['model_type', 'resolution', 'hash_sha256', 'prediction_type', 'preprocessor', 'special_format'],
]);

/** Whether SwarmUI fails to read a file for a value in it: it reads some as texts in all files next to a model. */
export function breaksSwarm(key: string, value: unknown): boolean {
  const isReadAsText = TEXT_KEYS.has(key) || key.startsWith('modelspec.');
  return isReadAsText && typeof value === 'object' && value !== null;
}

/** The content of lists and objects stays as text. */
function withTexts(existing: Json): Json {
  const toText = (value: unknown) => (Array.isArray(value) ? value.join(', ') : JSON.stringify(value));
  return Object.fromEntries(
    Object.entries(existing).map(([key, value]) => [key, breaksSwarm(key, value) ? toText(value) : value]),
  );
}
