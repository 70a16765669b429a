import { isRecord } from '../civitai/schema-rules.js';
import { type Json, listOf, objectOf, objectsOf } from './json.js';
import { hashReference, nameReference, type Reference, roleOf } from './reference.js';

/** Yields the models of the JSON of Fooocus, RuinedFooocus or SwarmUI. */
export function* readToolJson(json: Json): Generator<Reference | undefined> {
  if ('sui_image_params' in json || 'sui_models' in json) yield* readSwarmUi(json);
  if ('base_model' in json || 'base_model_hash' in json || 'base_model_name' in json)
    yield* readFooocus(json);
}

function* readFooocus(json: Json): Generator<Reference | undefined> {
  yield hashReference(json.base_model_hash, 'checkpoint', json.base_model ?? json.base_model_name);
  yield hashReference(json.refiner_model_hash, 'refiner', json.refiner_model);
  yield nameReference(json.vae, 'vae');
  for (const lora of listOf(json.loras)) {
    const [name, , hash] = Array.isArray(lora) ? lora : [];
    yield hashReference(hash, 'lora', name);
  }
}

/** Its hashes are an option. */
function* readSwarmUi(json: Json): Generator<Reference | undefined> {
  for (const { name, param, hash } of objectsOf(json.sui_models))
    yield hashReference(hash, roleOf(param), name);
  const parameters = objectOf(json.sui_image_params);
  for (const [key, value] of Object.entries(parameters)) {
    if (!/^(model|vae|loras|refinermodel|refinervae|controlnet(two|three)?model)$/.test(key)) continue;
    for (const name of Array.isArray(value) ? value : [value]) yield nameReference(name, roleOf(key));
  }
}

/** Yields the models of InvokeAI's metadata: objects at any depth. Hashes of folders are of no use elsewhere. */
export function* readInvokeAi(json: unknown, key = ''): Generator<Reference | undefined> {
  if (Array.isArray(json)) {
    for (const item of json) yield* readInvokeAi(item, key);
  } else if (isRecord(json)) {
    const name = json.name ?? json.model_name;
    if (
      typeof name === 'string' &&
      (typeof json.hash === 'string' || typeof json.base === 'string' || 'model_name' in json)
    )
      yield hashReference(json.hash, roleOf(key) === 'refiner' ? 'refiner' : roleOf(json.type ?? key), name);
    for (const [inner, value] of Object.entries(json)) yield* readInvokeAi(value, inner);
  }
}
