import { UsageError } from '../errors.js';
import { parseId } from './id.js';
import type { Source } from './source.js';

/** `urn:air:{ecosystem}:{type}:{source}:{id}@{version}+{fileId}.{format}`, of which only source and id have to be there. */
const AIR =
  /^(?:urn:)?(?:air:)?(?:[\w/-]+:){0,2}?(?<source>[\w/-]+):(?<model>[\w/.-]+?)(?:@(?<version>[\w/.-]+?))?(?:\+(?<file>\d+))?(?:\.[\w-]+)?$/i;

/** Whether a text wants to be an AIR: it is then nothing else, even when it is wrong. */
export function looksLikeAir(text: string): boolean {
  return /^(urn:)?air:/i.test(text) || /^([\w/-]+:){0,2}civitai:\d/i.test(text);
}

/**
 * What an AIR names. Ecosystem and type are hints that nobody keeps right: the ids decide.
 * @throws UsageError when it makes no sense, or belongs to another site
 */
export function parseAir(text: string): Source {
  const parts = AIR.exec(text)?.groups;
  if (!parts)
    throw new UsageError('bad-source', `'${text}' is no AIR, like urn:air:sdxl:lora:civitai:827184@2514310.`);
  if (parts.source?.toLowerCase() !== 'civitai') {
    throw new UsageError(
      'bad-source',
      `'${text}' is an AIR of ${parts.source}, and only those of civitai can be downloaded.`,
    );
  }
  const modelId = parseId(parts.model, text);
  if (parts.version === undefined) return { kind: 'model', modelId };
  const version = { kind: 'version', modelId, versionId: parseId(parts.version, text) } as const;
  return parts.file === undefined ? version : { ...version, file: { fileId: parseId(parts.file, text) } };
}
