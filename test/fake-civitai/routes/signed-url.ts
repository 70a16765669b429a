import type { CatalogFile } from '../catalog/entry.js';
import type { RecordedRequest } from '../server/request.js';
import { storagePath } from '../server/shelf.js';
import type { Grant } from '../server/signer.js';
import type { World } from '../server/world.js';
import { downloadName } from './file-json.js';

/** Seconds. */
const R2_LIFETIME = 86_400;
const B2_LIFETIME = 3600;
const B2_BUCKET = '/file/civitai-modelfiles';

/** Where a file can be fetched from now on, for a while, by whoever has this URL. */
export function signedUrl(file: CatalogFile, world: World): string {
  const onR2 = (world.moved.get(file.id) ?? file.host) === 'r2';
  const issued = Math.floor(Date.now() / 1000);
  const grant: Grant = {
    path: `${onR2 ? '' : B2_BUCKET}${storagePath(file)}`,
    issued,
    expires: issued + (world.urlLifetime ?? (onR2 ? R2_LIFETIME : B2_LIFETIME)),
    disposition: disposition(downloadName(file), onR2),
  };
  const signature = world.signer.sign(grant);
  return onR2
    ? `${world.origins.r2}${grant.path}?${r2Query(grant, signature)}`
    : `${world.origins.b2}${grant.path}?${b2Query(grant, signature)}`;
}

export function r2Grant({ path, query }: RecordedRequest): { grant: Grant; signature: string | null } {
  const issued = fromAmzDate(query.get('X-Amz-Date') ?? '');
  const grant = {
    path,
    issued,
    expires: issued + Number(query.get('X-Amz-Expires')),
    disposition: query.get('response-content-disposition') ?? '',
  };
  return { grant, signature: query.get('X-Amz-Signature') };
}

export function b2Grant({ path, query }: RecordedRequest): { grant: Grant; signature: string | null } {
  const [, issued, signature, expires] = (query.get('Authorization') ?? '').split('_');
  const grant = {
    path,
    issued: Number(issued),
    expires: Number(expires),
    disposition: query.get('b2ContentDisposition') ?? '',
  };
  return { grant, signature: signature ?? null };
}

function r2Query(grant: Grant, signature: string): URLSearchParams {
  const date = toAmzDate(grant.issued);
  return new URLSearchParams({
    'X-Amz-Expires': String(grant.expires - grant.issued),
    'response-content-disposition': grant.disposition,
    'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
    'X-Amz-Credential': `0123456789abcdef/${date.slice(0, 8)}/auto/s3/aws4_request`,
    'X-Amz-Date': date,
    'X-Amz-SignedHeaders': 'host',
    'X-Amz-Signature': signature,
  });
}

function b2Query(grant: Grant, signature: string): URLSearchParams {
  return new URLSearchParams({
    Authorization: `3_${grant.issued}_${signature}_${grant.expires}_0000_dnld`,
    b2ContentDisposition: grant.disposition,
  });
}

/** R2 gives a name in raw UTF-8, B2 in the encoded form; a client has to read both. */
function disposition(name: string, raw: boolean): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what a header cannot hold
  const safe = name.replace(/[\u0000-\u001f\u007f"\\]/g, (char) => encodeURIComponent(char));
  const plain = /^[\x20-\x7e]*$/.test(safe);
  return raw || plain
    ? `attachment; filename="${safe}"`
    : `attachment; filename*=UTF-8''${encodeURIComponent(name)}`;
}

/** Seconds since 1970 as `20260201T103000Z`. */
function toAmzDate(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace(/[-:]|\.\d+/g, '');
}

function fromAmzDate(text: string): number {
  return Date.parse(text.replace(/^(....)(..)(..T..)(..)(..Z)$/, '$1-$2-$3:$4:$5')) / 1000;
}
