import type { CatalogFile, CatalogVersion } from '../catalog/entry.js';
import { checksums, type HashType } from '../content/checksums.js';
import { bytesOf } from '../server/shelf.js';

/** The two by-id answers, which write the same things in different ways. */
export type Endpoint = 'model' | 'version';

type Json = Record<string, unknown>;

/** Always this host, whoever is asked: a client has to put its own in place of it. */
const SITE = 'https://civitai.com';

export function fileJson(file: CatalogFile, version: CatalogVersion, endpoint: Endpoint): Json {
  const primary = file.id === version.primaryFileId;
  return {
    id: file.id,
    sizeKB: file.size / 1024,
    name: endpoint === 'model' ? downloadName(file) : file.name,
    ...(file.overrideName !== undefined && { overrideName: file.overrideName }),
    type: file.type,
    ...scanResults(file, endpoint),
    metadata: metadata(file, endpoint),
    hashes: toldHashes(file),
    downloadUrl: `${versionDownloadUrl(version)}${primary ? '' : selectors(file)}`,
    ...((primary || endpoint === 'version') && { primary }),
  };
}

export function versionDownloadUrl(version: CatalogVersion): string {
  return `${SITE}/api/download/models/${version.id}`;
}

/** The name that the download is given. */
export function downloadName(file: CatalogFile): string {
  return file.overrideName ?? file.name;
}

export function toldHashes(file: CatalogFile): Partial<Record<HashType, string>> {
  const told = (type: HashType) => file.toldHashes?.[type] ?? checksums(bytesOf(file))[type];
  return Object.fromEntries(file.hashes.map((type) => [type, told(type)]));
}

function metadata({ metadata: { format, size, fp, quantType } }: CatalogFile, endpoint: Endpoint): Json {
  if (endpoint === 'version') return { format: format ?? null, size: size ?? null, fp: fp ?? null };
  return {
    ...(format !== undefined && { format }),
    ...(size !== undefined && { size }),
    ...(fp !== undefined && { fp }),
    ...(quantType !== undefined && { quantType }),
  };
}

function scanResults({ hashes }: CatalogFile, endpoint: Endpoint): Json {
  const scanned = hashes.length > 0;
  const at = endpoint === 'model' ? '2026-02-01T10:12:00.000Z' : '2026-02-01T10:12:00';
  return {
    pickleScanResult: scanned ? 'Success' : 'Pending',
    pickleScanMessage: scanned && endpoint === 'model' ? 'No Pickle imports' : null,
    virusScanResult: scanned ? 'Success' : 'Pending',
    virusScanMessage: null,
    scannedAt: scanned ? at : null,
  };
}

/** The query that tells a file from the primary one, which is not always enough. */
function selectors({ type, metadata: { format, size, fp, quantType } }: CatalogFile): string {
  const known = Object.entries({
    type,
    format: type === 'Training Data' ? undefined : format,
    size,
    fp,
    quantType,
  }).flatMap(([key, value]) => (value === undefined ? [] : [`${key}=${encodeURIComponent(value)}`]));
  return `?${known.join('&')}`;
}
