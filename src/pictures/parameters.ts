import { readResources } from './civitai-ids.js';
import { type Details, parseParameters } from './details.js';
import { objectOf } from './json.js';
import { hashReference, type ModelRole, nameReference, type Reference, roleOf } from './reference.js';

const SDNEXT_HASH = 'SD.Next writes only 8 digits of its hash, which many files share';

/** Yields the models of A1111's text, which many tools write in their own way. */
export function* readParameters(text: string): Generator<Reference | undefined> {
  const { prompts, details } = parseParameters(text) ?? {};
  if (!details) return;
  const resources = [
    ...readResources(details.get('Civitai resources')),
    ...readResources(objectOf(details.get('Civitai metadata')).resources),
  ];
  yield* resources;
  const models = [
    ...readHashes(objectOf(details.get('Hashes')), details.get('Model')),
    ...readMainModels(details),
  ];
  yield* withCheckpointOf(resources, models);
  yield* readHashList(details.get('Lora hashes'), 'lora');
  yield* readHashList(details.get('TI hashes'), 'embedding');
  yield* readNetworks(details);
  yield* readPromptTags(prompts ?? '');
}

/**
 * Yields the models of an object like `{"model": "0a1b2c3d4e", "lora:ink": "0123456789ab"}`.
 * @param model the name of the checkpoint, if known
 */
export function* readHashes(
  hashes: Readonly<Record<string, unknown>>,
  model: unknown,
): Generator<Reference | undefined> {
  for (const [key, hash] of Object.entries(hashes)) {
    const [word = '', ...name] = key.split(':');
    const role = roleOf(word);
    yield hashReference(hash, role, name.join(':') || (role === 'checkpoint' ? model : undefined));
  }
}

/**
 * Takes a picture's checkpoint for the one whose id resources have: the names that tools give it are others than on the
 * site, and its hash need not be looked up.
 */
export function withCheckpointOf(
  resources: readonly (Reference | undefined)[],
  references: readonly (Reference | undefined)[],
): readonly (Reference | undefined)[] {
  const checkpoint = resources.find((one) => one?.role === 'checkpoint');
  if (checkpoint?.kind !== 'version') return references;
  return references.map((one) => (one?.role === 'checkpoint' ? { ...checkpoint, name: one.name } : one));
}

function* readMainModels(details: Details): Generator<Reference | undefined> {
  const model = hashReference(details.get('Model hash'), 'checkpoint', details.get('Model'));
  const isSdNext = details.has('LoRA networks') || details.get('App') === 'SD.Next';
  yield isSdNext && model?.kind === 'hash' && model.hashType === 'AutoV1'
    ? nameReference(details.get('Model'), 'checkpoint', SDNEXT_HASH)
    : model;
  yield hashReference(details.get('VAE hash'), 'vae', details.get('VAE'));
  const { name, hash } =
    /^(?<name>.*?)(?: \[(?<hash>[^[\]]*)\])?$/.exec(details.get('Refiner') ?? '')?.groups ?? {};
  yield hashReference(details.get('Refiner hash') ?? hash, 'refiner', name);
}

/** Yields the models of `ink: 0123456789ab, paper: ba9876543210`. */
function* readHashList(list: string | undefined, role: ModelRole): Generator<Reference | undefined> {
  for (const item of list?.split(',') ?? []) {
    const colon = item.lastIndexOf(':');
    if (colon >= 0) yield hashReference(item.slice(colon + 1), role, item.slice(0, colon).trim());
  }
}

/** Yields what is named in settings of extensions, of Forge and of SD.Next. */
function* readNetworks(details: Details): Generator<Reference | undefined> {
  for (const name of details.get('LoRA networks')?.split(',') ?? [])
    yield nameReference(name, 'lora', details.has('LoRA hashes') ? SDNEXT_HASH : undefined);
  yield nameReference(details.get('Hypernet'), 'other');
  for (const [key, value] of details) {
    const number = /^(?<kind>AddNet Model|Module) \d+$/.exec(key)?.groups?.kind;
    if (number === 'Module') yield nameReference(value, 'other');
    if (number !== 'AddNet Model') continue;
    const { name, hash } = /^(?<name>.*)\((?<hash>\w*)\)$/.exec(value)?.groups ?? { name: value };
    yield hashReference(hash, 'lora', name);
  }
}

const TAG = /<(?<type>lora|lyco|hypernet):(?<name>[^:<>]{1,200})/gi;

/** Yields the models of tags in a prompt, such as `<lora:ink:0.8>`. */
export function* readPromptTags(prompt: string): Generator<Reference | undefined> {
  for (const { groups } of prompt.matchAll(TAG)) yield nameReference(groups?.name, roleOf(groups?.type));
}
