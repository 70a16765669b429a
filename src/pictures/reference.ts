import { stripControlChars } from '../text.js';

/** What a model did for a picture, as far as the picture says. A picture has one checkpoint. */
export type ModelRole = 'checkpoint' | 'refiner' | 'vae' | 'lora' | 'embedding' | 'other';

interface NamedModel {
  readonly role: ModelRole;
  /** As the picture has it, in one line: a title, or the path of a file without its folder on the disk. */
  readonly name?: string | undefined;
}

export interface VersionReference extends NamedModel {
  readonly kind: 'version';
  readonly versionId: number;
  readonly modelId?: number | undefined;
}

/**
 * What a hash was computed of. Twelve digits of a LoRA are its AutoV3, or begin the SHA256 of its file; the tools do not
 * say which. AutoV2 are the first ten digits of the SHA256. Many files share an AutoV1.
 */
type PictureHashType =
  | 'SHA256'
  | 'BLAKE3'
  | 'AutoV1'
  | 'AutoV2'
  | 'AutoV3'
  | 'AutoV3 or SHA256'
  | 'beginning of SHA256';

export interface HashReference extends NamedModel {
  readonly kind: 'hash';
  readonly hashType: PictureHashType;
  /** Hex digits in upper case. */
  readonly hash: string;
}

/** A model that cannot be looked up. */
export interface NameReference extends NamedModel {
  readonly kind: 'name';
  readonly name: string;
  /** The rest of a sentence about the model: `the picture has only its name`. */
  readonly reason: string;
}

/** One model that a picture was made with. */
export type Reference = VersionReference | HashReference | NameReference;

/** Real pictures have less than fifty. */
const MAX_REFERENCES = 500;
/** Real pictures name some models several times. */
const MAX_MENTIONS = 10_000;
const MAX_NAME_LENGTH = 200;
/** The server's ids are 32-bit integers. */
const MAX_ID = 2_147_483_647;

const ONLY_NAME = 'the picture has only its name, and other files can have the same';
const NO_KNOWN_HASH = 'its hash in the picture has no known form';
const EIGHT_DIGITS = 'its hash in the picture has 8 digits, which many files share';

/** Words that tools write if no model is chosen. */
const NO_MODEL = /^(|none|\(none\)|null|undefined|automatic|default|default \(model\)|baked vae|disabled)$/i;

const ROLES: readonly (readonly [words: RegExp, role: ModelRole])[] = [
  [/vae/i, 'vae'],
  [/refiner/i, 'refiner'],
  [/lora|locon|dora|lyco/i, 'lora'],
  [/embed|textual/i, 'embedding'],
  [/control|upscal|clip|style|text_?encoder|hypernet/i, 'other'],
  [/checkpoint|ckpt|unet|diffusion|gguf|^(model|main)$/i, 'checkpoint'],
];

/** Returns the role that a tool's word for it means: the type of a model, or the name of an input. */
export function roleOf(word: unknown): ModelRole {
  return (typeof word === 'string' && ROLES.find(([words]) => words.test(word))?.[1]) || 'other';
}

/** Returns a foreign text as a name in one line; undefined if it names nothing. */
function nameOf(text: unknown): string | undefined {
  if (typeof text !== 'string') return undefined;
  const name = stripControlChars(text.slice(0, MAX_NAME_LENGTH));
  return NO_MODEL.test(name) ? undefined : name;
}

/** Returns a reference to a version; undefined if a value is not an id. */
export function versionReference(
  versionId: unknown,
  role: ModelRole,
  { modelId, name }: { readonly modelId?: unknown; readonly name?: unknown } = {},
): VersionReference | undefined {
  const id = idOf(versionId);
  return id === undefined
    ? undefined
    : { kind: 'version', versionId: id, modelId: idOf(modelId), role, name: nameOf(name) };
}

function idOf(value: unknown): number | undefined {
  const id = typeof value === 'string' && /^\d{1,10}$/.test(value) ? Number(value) : value;
  return typeof id === 'number' && Number.isInteger(id) && id >= 1 && id <= MAX_ID ? id : undefined;
}

/** Returns a reference to a model without a hash; undefined if the text names none. */
export function nameReference(
  text: unknown,
  role: ModelRole,
  reason: string = ONLY_NAME,
): NameReference | undefined {
  const name = nameOf(text);
  return name === undefined ? undefined : { kind: 'name', name, role, reason };
}

/** Returns a reference by a hash whose digits tell its type, or by the name if there is no such hash. */
export function hashReference(hash: unknown, role: ModelRole, name: unknown): Reference | undefined {
  const { prefix = '', digits } =
    (typeof hash === 'string' && HASH.exec(hash.trim().slice(0, 2 * MAX_NAME_LENGTH))?.groups) || {};
  if (digits === undefined) return nameReference(name, role, isEmpty(hash) ? ONLY_NAME : NO_KNOWN_HASH);
  const hashType = hashTypeOf(digits.length, prefix.toLowerCase(), role);
  const isEight = digits.length === 8;
  if (hashType === undefined)
    return nameReference(nameOf(name) ?? hash, role, isEight ? EIGHT_DIGITS : NO_KNOWN_HASH);
  const upper = digits.toUpperCase();
  return {
    kind: 'hash',
    hashType,
    hash: hashType === 'AutoV3' ? upper.slice(0, 12) : upper,
    role,
    name: nameOf(name),
  };
}

/** InvokeAI writes the algorithm in front, SwarmUI `0x`. */
const HASH = /^(?<prefix>(?:blake3(?:_multi|_single)?|sha256):|0x)?(?<digits>[0-9a-f]{8,64})$/i;

function isEmpty(hash: unknown): boolean {
  return hash === undefined || hash === null || (typeof hash === 'string' && NO_MODEL.test(hash.trim()));
}

/** @returns undefined for hashes by which a file cannot be found, or by which another would be */
function hashTypeOf(length: number, prefix: string, role: ModelRole): PictureHashType | undefined {
  if (length === 64 && prefix.startsWith('blake3')) return 'BLAKE3';
  // The tensors without the header, as in AutoV3.
  if (prefix === '0x') return length === 64 || length === 12 ? 'AutoV3' : undefined;
  if (length === 64) return 'SHA256';
  if (length === 10) return 'AutoV2';
  if (length === 12) return role === 'embedding' ? 'beginning of SHA256' : 'AutoV3 or SHA256';
  // Eight digits of other models are the beginnings of other hashes.
  return length === 8 && role === 'checkpoint' ? 'AutoV1' : undefined;
}

/** The same for names of one model: tools leave out folders, extensions and some characters. */
export function nameKey(name: string): string {
  const file = name.split(/[\\/]/).at(-1) ?? name;
  return file
    .replace(/\.(safetensors|ckpt|pt|pth|bin|gguf|sft)$/i, '')
    .replace(/[,:]/g, '')
    .trim()
    .toLowerCase();
}

const STRENGTHS: readonly (Reference['kind'] | PictureHashType)[] = [
  'version',
  'SHA256',
  'BLAKE3',
  'AutoV3',
  'beginning of SHA256',
  'AutoV3 or SHA256',
  'AutoV2',
  'AutoV1',
  'name',
];

function strengthOf(reference: Reference): number {
  return STRENGTHS.indexOf(reference.kind === 'hash' ? reference.hashType : reference.kind);
}

/** Returns references the strongest first, each model once as far as can be told. */
export function distinctReferences(references: Iterable<Reference | undefined>): readonly Reference[] {
  const all = firstOf(references, MAX_MENTIONS);
  const kept = new Map<string, Reference>();
  const names = new Set<string>();
  for (const reference of all.sort((one, other) => strengthOf(one) - strengthOf(other))) {
    if (kept.size === MAX_REFERENCES) break;
    const key = keyOf(reference);
    const same = kept.get(key);
    if (same) kept.set(key, withFacts(same, reference));
    else if (!isKnown(reference, [...kept.values()], names)) kept.set(key, reference);
    if (reference.name !== undefined) names.add(nameKey(reference.name));
  }
  return [...kept.values()];
}

function firstOf(references: Iterable<Reference | undefined>, max: number): Reference[] {
  const first: Reference[] = [];
  for (const reference of references) {
    if (first.length === max) break;
    if (reference) first.push(reference);
  }
  return first;
}

function keyOf(reference: Reference): string {
  switch (reference.kind) {
    case 'version':
      return String(reference.versionId);
    case 'hash':
      return `hash ${reference.hash}`;
    case 'name':
      return `name ${nameKey(reference.name)}`;
  }
}

/** Adds what only another reference to the same model says. */
function withFacts(reference: Reference, other: Reference): Reference {
  const role = reference.role === 'other' ? other.role : reference.role;
  const name = reference.name ?? other.name;
  if (reference.kind === 'name') return { ...reference, role };
  if (reference.kind === 'hash' || other.kind !== 'version') return { ...reference, role, name };
  return { ...reference, role, name, modelId: reference.modelId ?? other.modelId };
}

/** Whether a stronger reference means the same model. */
function isKnown(reference: Reference, stronger: readonly Reference[], names: ReadonlySet<string>): boolean {
  if (reference.kind === 'version') return false;
  if (reference.kind === 'name') return names.has(nameKey(reference.name));
  // The other is another hash of the only checkpoint.
  if (reference.hashType === 'AutoV1') return stronger.some(({ role }) => role === 'checkpoint');
  return (
    reference.hashType === 'AutoV2' &&
    stronger.some(
      (other) =>
        other.kind === 'hash' && isBeginningOfSha256(other.hashType) && other.hash.startsWith(reference.hash),
    )
  );
}

function isBeginningOfSha256(type: PictureHashType): boolean {
  return type === 'SHA256' || type === 'beginning of SHA256';
}
