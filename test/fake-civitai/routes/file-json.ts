import type { CatalogFile, CatalogVersion } from '../catalog/entry.js';
import { checksums, type HashType } from '../content/checksums.js';
import { bytesOf } from '../server/catalog-index.js';

/** The routes that describe a file, in different ways. */
export type Endpoint = 'model' | 'version';

type Json = Record<string, unknown>;

/** Civitai writes this host into all URLs, whichever of its hosts was asked. */
const SITE = 'https://civitai.com';

export function fileJson(file: CatalogFile, version: CatalogVersion, endpoint: Endpoint): Json {
  const primary = file.id === version.primaryFileId;
  return {
    id: file.id,
    sizeKB: file.sizeKB ?? file.size / 1024,
    name: endpoint === 'model' ? downloadName(file) : file.name,
    ...(file.overrideName !== undefined && { overrideName: file.overrideName }),
    type: file.type,
    ...scanResults(file, endpoint),
    metadata: metadata(file, endpoint),
    hashes: publishedHashes(file),
    downloadUrl: `${versionDownloadUrl(version)}${primary ? '' : selectors(file)}`,
    ...((primary || endpoint === 'version') && { primary }),
  };
}

export function versionDownloadUrl(version: CatalogVersion): string {
  return `${SITE}/api/download/models/${version.id}`;
}

/** Returns the name in the `Content-Disposition` of the download. */
export function downloadName(file: CatalogFile): string {
  return file.overrideName ?? file.name;
}

export function publishedHashes(file: CatalogFile): Partial<Record<HashType, string>> {
  const hash = (type: HashType) =>
    file.hashOverrides?.[type] ?? (type === 'BLAKE3' ? undefined : checksums(bytesOf(file))[type]);
  return Object.fromEntries(file.hashes.map((type) => [type, hash(type)]));
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

/** Returns the query of a file that is not the primary one. It may fit several files. */
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
