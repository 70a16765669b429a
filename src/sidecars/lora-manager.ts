import { basename } from 'node:path';
import { civitaiInfo } from './civitai-info.js';
import {
  filled,
  isLora,
  isText,
  type Json,
  type JsonFormat,
  objectOf,
  type SidecarFacts,
  stemOf,
  textsIn,
} from './format.js';

/** A model vanishes from Lora-Manager if one of eight keys is missing, from `file_name` to `preview_url`. */
export const loraManager: JsonFormat = {
  suffix: (path) => `${stemOf(path)}.metadata.json`,
  merge: (existing, facts) => {
    const known = { ...repair(existing), ...('tags' in existing && { tags: textsIn(existing.tags) }) };
    return {
      ...(Object.keys(existing).length === 0 && initial(facts)),
      ...known,
      ...filled(known, texts(facts)),
      ...identity(known, facts),
    };
  },
};

function identity(existing: Json, facts: SidecarFacts): Json {
  const { path, sizeBytes, hashes } = facts;
  const sha256 = hashes.get('SHA256')?.toLowerCase();
  return {
    file_name: basename(stemOf(path)),
    file_path: withSlashes(path),
    size: sizeBytes,
    sha256: sha256 ?? (isText(existing.sha256) ? existing.sha256 : ''),
    civitai: mergeCivitai(objectOf(existing.civitai), facts),
    from_civitai: true,
    metadata_source: 'civitai_api',
  };
}

/** The user's words and pictures are kept. */
function mergeCivitai(existing: Json, facts: SidecarFacts): Json {
  const { trainedWords } = existing;
  const hasWords = Array.isArray(trainedWords) && trainedWords.length > 0;
  return { ...civitaiInfo.merge(existing, facts), ...(hasWords && { trainedWords }) };
}

function texts(facts: SidecarFacts): Json {
  const { modelName, baseModel, path, modelDescription, tags, hashes, now } = facts;
  return {
    model_name: modelName,
    base_model: baseModel,
    // An empty path hides a preview that exists; a missing file does not.
    preview_url: withSlashes(`${stemOf(path)}.preview.jpeg`),
    modelDescription,
    tags,
    modified: now / 1000,
    ...(hashes.has('AutoV3') && { autov3: hashes.get('AutoV3')?.toLowerCase() }),
  };
}

function initial(facts: SidecarFacts): Json {
  const { hashes, previewNsfwLevel } = facts;
  return {
    preview_nsfw_level: previewNsfwLevel,
    notes: '',
    civitai_deleted: false,
    favorite: false,
    exclude: false,
    db_checked: false,
    skip_metadata_refresh: false,
    last_checked_at: 0,
    ...(hashes.has('SHA256') && { hash_status: 'completed' }),
    ...(isLora(facts) ? { usage_tips: '{}' } : subType(facts)),
  };
}

function subType({ modelType, path }: SidecarFacts): Json {
  if (modelType === 'TextualInversion') return { sub_type: 'embedding' };
  if (modelType !== 'Checkpoint') return {};
  const isDiffusion = /[/\\](diffusion_models|unet|DiffusionModels)[/\\]/i.test(path);
  return { sub_type: isDiffusion ? 'diffusion_model' : 'checkpoint' };
}

function withSlashes(path: string): string {
  return path.replaceAll('\\', '/');
}

/** Values of a wrong type are filled again. */
function repair(existing: Json): Json {
  const wrong: readonly (readonly [key: string, isRight: (value: unknown) => boolean])[] = [
    ['model_name', isText],
    ['base_model', isText],
    ['preview_url', isText],
    ['modelDescription', (value) => typeof value === 'string'],
    ['modified', (value) => typeof value === 'number'],
  ];
  const bad = new Set(wrong.filter(([key, isRight]) => !isRight(existing[key])).map(([key]) => key));
  return Object.fromEntries(Object.entries(existing).filter(([key]) => !bad.has(key)));
}
