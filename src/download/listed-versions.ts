import type { Model, ModelFile, ModelVersion } from '../civitai/model.js';
import { type FileChoice, selectFiles } from '../civitai/select-files.js';
import { selectVersions } from '../civitai/select-versions.js';
import type { Selection } from '../civitai/selection.js';
import type { CivitdlError } from '../errors.js';
import { listDigest } from './list-digest.js';
import type { ListedFile, ListedItem } from './listed-item.js';
import type { ListRequest, SourceRequest } from './sources.js';

export interface VersionsContext {
  readonly selection: Selection;
  /** The files to download of each version. */
  readonly choice: FileChoice;
  readonly now: number;
}

/** Returns the items of the versions that a selection chooses of a model, or why there are none. */
export function listedVersions(
  model: Model,
  origin: Pick<SourceRequest, 'list' | 'origin'>,
  context: VersionsContext,
): readonly ListedItem[] | { readonly error: CivitdlError } {
  const { selection, choice, now } = context;
  const selected = selectVersions(model, selection, { choice, now });
  if ('error' in selected) return selected;
  return selected.versions.map((version, index) => ({
    ...listedVersion(model, version, origin, context),
    skipped: index === 0 ? selected.skipped : [],
    digest: model.isListEntry ? listDigest(model, version) : undefined,
  }));
}

/** Returns the item of one version of a model. Of the model, it needs what names it. */
export function listedVersion(
  model: Pick<Model, 'id' | 'name' | 'type'>,
  version: ModelVersion,
  { list, origin }: Pick<SourceRequest, 'list' | 'origin'>,
  context: VersionsContext,
): ListedItem {
  const source = { kind: 'version', modelId: model.id, versionId: version.id } as const;
  return {
    request: {
      source,
      text: `${model.id}@${version.id}`,
      ...(list !== undefined && { list }),
      origin,
    },
    model: { id: model.id, name: model.name, type: model.type },
    version: { id: version.id, name: version.name, baseModel: version.baseModel },
    files: filesOf(version, context).map(toListedFile),
    skipped: [],
    digest: undefined,
  };
}

/** A version of which no file can be chosen is reported when it is downloaded. */
function filesOf(version: ModelVersion, { choice, selection }: VersionsContext): readonly ModelFile[] {
  try {
    return selectFiles(version, undefined, choice, selection);
  } catch {
    return [];
  }
}

function toListedFile({ id, name, type, size, hashes }: ModelFile): ListedFile {
  return { id, name, type, size, sha256: hashes.get('SHA256') };
}

/** Returns what the items of a list have in common. */
export function originOf({ text, origin }: ListRequest): Pick<SourceRequest, 'list' | 'origin'> {
  return { list: text, origin };
}
