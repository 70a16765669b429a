import type { ModelDetails } from '../civitai/details.js';

export type Json = Readonly<Record<string, unknown>>;

/** Everything that sidecars say about one model file. */
export interface SidecarFacts extends ModelDetails {
  /** Absolute path of the model file. */
  readonly path: string;
  readonly sizeBytes: number;
  /** Upper-case hex by type, such as SHA256. */
  readonly hashes: ReadonlyMap<string, string>;
  /** Hex of the SHA256 of everything after the header of a safetensors file, if it was computed. */
  readonly tensorSha256?: string | undefined;
  /** `__metadata__` in the header of a safetensors file, if it was read. */
  readonly headerMetadata?: Json | undefined;
  /** Rating of the preview; 0 if there is none. */
  readonly previewNsfwLevel: number;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** A format of JSON objects. */
export interface JsonFormat {
  readonly suffix: (path: string) => string;
  /** Returns the object to write: the existing one with the facts of Civitai and all that the user has set. */
  readonly merge: (existing: Json, facts: SidecarFacts) => Json;
}

/** Returns a path with another suffix instead of its extension. */
export function stemOf(path: string): string {
  return path.replace(/\.[^./\\]*$/, '');
}

export function objectOf(value: unknown): Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {};
}

export function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

/** Returns the texts of a list; undefined for what is no list. */
export function textsIn(value: unknown): readonly string[] | undefined {
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : undefined;
}

/** Whether a value says nothing, so that it can be filled. */
function isBlank(value: unknown): boolean {
  return (
    value === undefined || value === null || value === '' || (Array.isArray(value) && value.length === 0)
  );
}

/** Takes each value of the first object, unless it is missing or blank there. */
export function filled(existing: Json, values: Json): Json {
  return Object.fromEntries(
    Object.entries(values).map(([key, value]) => [key, isBlank(existing[key]) ? value : existing[key]]),
  );
}

/** The address of a version; some readers look for exactly this form. */
export function pageUrl({ modelId, versionId }: ModelDetails, host = 'civitai.com'): string {
  return `https://${host}/models/${modelId}?modelVersionId=${versionId}`;
}

export function isLora({ modelType }: ModelDetails): boolean {
  return ['LORA', 'LoCon', 'DoRA'].includes(modelType);
}
