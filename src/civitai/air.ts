import { UsageError } from '../errors.js';
import { parseId, type Source } from './source.js';

/** `urn:air:{ecosystem}:{type}:{source}:{id}@{version}+{fileId}.{format}`; only source and id are required. */
const AIR =
  /^(?:urn:)?(?:air:)?(?:[\w/-]+:){0,2}?(?<source>[\w/-]+):(?<model>[\w/.-]+)(?:@(?<version>[\w/.-]+))?(?:\+(?<file>\d+)(?:\.[\w.-]+)?)?$/i;

/** The name of a known source distinguishes an AIR without its prefix from a path. */
const BARE_AIR = /^(?:[\w/-]+:){0,2}(?:civitai|civitai-r2|huggingface|orchestrator):/i;

/** Whether a text can only be meant as an AIR, valid or not. */
export function looksLikeAir(text: string): boolean {
  return /^(urn:)?air:/i.test(text) || BARE_AIR.test(text);
}

/** @throws UsageError when the AIR is not valid, or not one of Civitai; its ecosystem and type are not checked */
export function parseAir(text: string): Source {
  const parts = AIR.exec(text)?.groups;
  if (!parts) throw invalid(text, 'is not a valid AIR. Example: urn:air:sdxl:lora:civitai:827184@2514310.');
  if (parts.source?.toLowerCase() !== 'civitai')
    throw invalid(text, `is an AIR of ${parts.source}. Only AIRs of civitai can be downloaded.`);
  const modelId = parseId(withoutFormat(parts.model), text);
  if (parts.version === undefined) {
    if (parts.file === undefined) return { kind: 'model', modelId };
    throw invalid(text, `names file ${parts.file} without its version. Example: civitai:827184@2514310+1.`);
  }
  const versionId = parseId(withoutFormat(parts.version), text);
  const version = { kind: 'version', modelId, versionId } as const;
  return parts.file === undefined ? version : { ...version, file: { fileId: parseId(parts.file, text) } };
}

function invalid(text: string, problem: string): UsageError {
  return new UsageError('bad-source', `'${text}' ${problem}`);
}

/** Ids and versions of AIRs may contain dots, so without a file id the format follows the version or the model id. */
function withoutFormat(part: string | undefined): string | undefined {
  return part?.split('.', 1)[0];
}
