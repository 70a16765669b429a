import { UsageError } from '../errors.js';
import type { Source } from './source.js';
import { parseId } from './source.js';

/**
 * `urn:air:{ecosystem}:{type}:{source}:{id}@{version}+{fileId}.{format}`, of which only source and id have to be there.
 * Ids and versions take dots too, so without a file id the format is part of what stands before it.
 */
const AIR =
  /^(?:urn:)?(?:air:)?(?:[\w/-]+:){0,2}?(?<source>[\w/-]+):(?<model>[\w/.-]+)(?:@(?<version>[\w/.-]+))?(?:\+(?<file>\d+)(?:\.[\w.-]+)?)?$/i;

/** An AIR without prefix, told from a path by a source that is in use. */
const BARE = /^(?:[\w/-]+:){0,2}(?:civitai|civitai-r2|huggingface|orchestrator):/i;

/** Whether a text wants to be an AIR: it is then nothing else, even when it is wrong. */
export function looksLikeAir(text: string): boolean {
  return /^(urn:)?air:/i.test(text) || BARE.test(text);
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
  const modelId = parseId(withoutFormat(parts.model), text);
  if (parts.version === undefined) {
    if (parts.file === undefined) return { kind: 'model', modelId };
    throw new UsageError(
      'bad-source',
      `'${text}' names file ${parts.file}, but not the version that has it.`,
    );
  }
  const version = {
    kind: 'version',
    modelId,
    versionId: parseId(withoutFormat(parts.version), text),
  } as const;
  return parts.file === undefined ? version : { ...version, file: { fileId: parseId(parts.file, text) } };
}

function withoutFormat(part: string | undefined): string | undefined {
  return part?.split('.', 1)[0];
}
