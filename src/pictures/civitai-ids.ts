import { looksLikeAir, parseAir } from '../civitai/air.js';
import type { Source } from '../civitai/source.js';
import { parseUrl } from '../civitai/source-url.js';
import { CivitdlError } from '../errors.js';
import { objectsOf } from './json.js';
import { type ModelRole, nameReference, type Reference, roleOf, versionReference } from './reference.js';

/** Of AIRs and addresses. */
const MAX_LENGTH = 1_000;

const NO_VERSION = 'it is named without its version';
const NOT_OF_CIVITAI = 'it is not a valid AIR of Civitai';

/** Yields the models of Civitai's own lists of resources: ids in the older ones, AIRs in the newer. */
export function* readResources(list: unknown): Generator<Reference | undefined> {
  for (const resource of objectsOf(list)) {
    const name = resource.modelName ?? resource.name;
    const role = roleOf(resource.type);
    const ids = { name, modelId: resource.modelId };
    yield versionReference(resource.modelVersionId, role, ids) ?? readAir(resource.air, role, name);
  }
}

/** Reads an AIR; undefined if a text is none. */
export function readAir(air: unknown, role?: ModelRole, name?: unknown): Reference | undefined {
  if (typeof air !== 'string' || air.length > MAX_LENGTH || !looksLikeAir(air)) return undefined;
  const airRole = role && role !== 'other' ? role : roleOf(AIR_TYPE.exec(air)?.groups?.type);
  const source = attempt(() => parseAir(air));
  if (source?.kind === 'version') return versionReference(source.versionId, airRole, { ...source, name });
  return nameReference(air, airRole, source ? NO_VERSION : NOT_OF_CIVITAI);
}

const AIR_TYPE = /:(?<type>[\w-]+):[\w-]+:[^:]+$/;

const AIRS = /\burn:air:(?:[\w/-]+:){1,3}[\w/.-]+(?:@[\w.-]+)?(?:\+\d+)?/gi;

/** Yields the AIRs anywhere in a text, such as a prompt. */
export function* findAirs(text: string, role?: ModelRole): Generator<Reference | undefined> {
  for (const [air] of text.matchAll(AIRS)) yield readAir(air.replace(/[.-]+$/, ''), role);
}

/** Reads an address of Civitai that names a version; undefined for others. */
export function readCivitaiUrl(text: unknown, role: ModelRole, name: unknown): Reference | undefined {
  const source =
    typeof text === 'string' && text.length <= MAX_LENGTH ? attempt(() => sourceOfUrl(text)) : undefined;
  return source?.kind === 'version'
    ? versionReference(source.versionId, role, { ...source, name })
    : undefined;
}

function sourceOfUrl(text: string): Source | undefined {
  const named = parseUrl(text);
  return named.kind === 'source' ? named.source : undefined;
}

/** Returns undefined for a text that names nothing of Civitai's. */
function attempt(parse: () => Source | undefined): Source | undefined {
  try {
    return parse();
  } catch (error) {
    if (error instanceof CivitdlError) return undefined;
    throw error;
  }
}
