import { basename } from 'node:path';
import { statIfExists, tryReadText } from '../disk/files.js';

/** Facts about a model in the sidecars of applications. */
export interface SidecarIdentity {
  /** Name of the file that says it. */
  readonly source: string;
  /** In upper case. */
  readonly sha256?: string | undefined;
  readonly versionId?: number | undefined;
  readonly fileId?: number | undefined;
}

/** Larger ones are read by no application. */
const MAX_BYTES = 16 * 1024 * 1024;

type Json = Readonly<Record<string, unknown>>;
type Reader = (json: Json) => Omit<SidecarIdentity, 'source'>;

/** Suffixes of a model's path without its extension. */
const READERS: ReadonlyMap<string, Reader> = new Map<string, Reader>([
  ['.json', ({ modelVersionId, sha256 }) => ({ versionId: idOf(modelVersionId), sha256: hashOf(sha256) })],
  ['.civitai.info', readVersion],
  [
    '.metadata.json',
    ({ sha256, civitai }) => {
      const { sha256: _primary, ...ids } = readVersion(objectOf(civitai));
      return { ...ids, sha256: hashOf(sha256) };
    },
  ],
  [
    '.cm-info.json',
    ({ VersionId, RemoteFileId, Hashes }) => ({
      versionId: idOf(VersionId),
      fileId: idOf(RemoteFileId),
      sha256: hashOf(objectOf(Hashes).SHA256),
    }),
  ],
]);

/** Reads what is known of a model file from the files of applications next to it. */
export function readSidecarIdentities(path: string): readonly SidecarIdentity[] {
  const stem = path.replace(/\.[^./\\]*$/, '');
  const objects: readonly (SidecarIdentity | undefined)[] = [...READERS].map(([suffix, reader]) =>
    readJson(stem + suffix, reader),
  );
  const rgthree = readJson(`${path}.rgthree-info.json`, ({ sha256, raw }) => ({
    sha256: hashOf(sha256),
    versionId: idOf(objectOf(objectOf(raw).civitai).id),
  }));
  const source = `${stem}.sha256`;
  const plain: SidecarIdentity = {
    source: basename(source),
    sha256: hashOf(readSmall(source)?.trim().split(/\s/)[0]),
  };
  return [...objects, rgthree, plain].flatMap((one) =>
    one && (one.sha256 ?? one.versionId ?? one.fileId) !== undefined ? [one] : [],
  );
}

/** The file that is marked as primary is the one on disk. */
function readVersion({ id, files }: Json): Omit<SidecarIdentity, 'source'> {
  const all = Array.isArray(files) ? files.map(objectOf) : [];
  const file = all.length === 1 ? all[0] : all.find(({ primary }) => primary === true);
  return { versionId: idOf(id), fileId: idOf(file?.id), sha256: hashOf(objectOf(file?.hashes).SHA256) };
}

function readJson(path: string, reader: Reader): SidecarIdentity | undefined {
  const text = readSmall(path);
  if (text === undefined) return undefined;
  try {
    return { source: basename(path), ...reader(objectOf(JSON.parse(text.replace(/^\ufeff/, '')))) };
  } catch {
    return undefined;
  }
}

function readSmall(path: string): string | undefined {
  const stats = statIfExists(path);
  return stats?.isFile() && stats.size <= MAX_BYTES ? tryReadText(path) : undefined;
}

function objectOf(value: unknown): Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {};
}

function idOf(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0 ? value : undefined;
}

function hashOf(value: unknown): string | undefined {
  return typeof value === 'string' && /^[0-9a-f]{64}$/i.test(value) ? value.toUpperCase() : undefined;
}
