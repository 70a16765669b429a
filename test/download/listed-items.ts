import type { ListedFile, ListedItem } from '../../src/download/listed-item.js';
import type { RunItem } from '../../src/download/run-item.js';

/** An ordinary version with one file of 1 MB that a list has named, except for the given properties. */
export function listedItem(id: number, given: Partial<ListedItem> = {}): ListedItem {
  const versionId = id + 1_000;
  return {
    request: {
      source: { kind: 'version', modelId: id, versionId },
      text: `${id}@${versionId}`,
      list: 'user:inkmaker',
    },
    model: { id, name: `Model ${id}`, type: 'LORA' },
    version: { id: versionId, name: 'v1', baseModel: 'SDXL 1.0' },
    files: [listedFile(id + 2_000)],
    skipped: [],
    digest: `digest of ${versionId}`,
    ...given,
  };
}

export function listedFile(id: number, given: Partial<ListedFile> = {}): ListedFile {
  return { id, name: `${id}.safetensors`, type: 'Model', size: 1_000_000, sha256: undefined, ...given };
}

export function runItem(listed: ListedItem): RunItem {
  return { request: listed.request, listed };
}
