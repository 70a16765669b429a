import type { ApiJson } from '../civitai/model.js';
import { readAir, readResources } from './civitai-ids.js';
import { graphsIn, readComfy } from './comfyui.js';
import { type Json, listOf, objectOf, objectsOf } from './json.js';
import { readHashes, readPromptTags, withCheckpointOf } from './parameters.js';
import {
  distinctReferences,
  hashReference,
  nameReference,
  type Reference,
  roleOf,
  versionReference,
} from './reference.js';

const NAME_LISTS: readonly (readonly [key: string, word: string])[] = [
  ['models', 'checkpoint'],
  ['vaes', 'vae'],
  ['upscalers', 'upscaler'],
  ['controlNets', 'controlnet'],
];

const NO_VERSION = 'the picture has only the id of the model, not of its version';

/**
 * Returns which models an image of the API was made with, the surest first. `meta` can be missing although the list of
 * ids is there, and has one more level in some responses.
 */
export function referencesOfImage(image: ApiJson): readonly Reference[] {
  const outer = objectOf(image.meta);
  const inner = objectOf(outer.meta);
  const references = distinctReferences(readImage(image, Object.keys(inner).length > 0 ? inner : outer));
  // The site's own list has what it has found: a mere name is mostly that of one of these versions.
  return listOf(image.modelVersionIds).length > 0
    ? references.filter(({ kind }) => kind !== 'name')
    : references;
}

function* readImage(image: ApiJson, meta: Json): Generator<Reference | undefined> {
  const resources = [...readResources(meta.civitaiResources)];
  yield* resources;
  for (const id of [...listOf(image.modelVersionIds), ...listOf(meta.versionIds)])
    yield versionReference(id, 'other');
  for (const id of listOf(meta.modelIds)) yield nameReference(`Model ${String(id)}`, 'other', NO_VERSION);
  yield* withCheckpointOf(resources, [...readMentions(meta)]);
  yield* readComfy(graphsIn(objectOf(meta.comfy)) ?? {});
  if (typeof meta.prompt === 'string') yield* readPromptTags(meta.prompt);
}

/** Yields the models that are named by a hash or by nothing else. */
function* readMentions(meta: Json): Generator<Reference | undefined> {
  yield* readHashes(objectOf(meta.hashes), meta.Model);
  yield hashReference(meta['Model hash'], 'checkpoint', meta.Model);
  yield hashReference(meta['VAE hash'], 'vae', meta.VAE);
  for (const [name, hash] of Object.entries(objectOf(meta['TI hashes'])))
    yield hashReference(hash, 'embedding', name);
  for (const { type, name, hash } of objectsOf(meta.resources)) yield hashReference(hash, roleOf(type), name);
  for (const { type, name } of objectsOf(meta.additionalResources))
    yield readAir(name, roleOf(type)) ?? nameReference(name, roleOf(type));
  for (const [key, word] of NAME_LISTS)
    for (const name of listOf(meta[key]))
      yield readAir(name, roleOf(word)) ?? nameReference(name, roleOf(word));
}
