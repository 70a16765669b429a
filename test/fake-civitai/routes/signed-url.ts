import type { CatalogFile } from '../catalog/entry.js';
import { storagePath } from '../server/catalog-index.js';
import type { RecordedRequest } from '../server/request.js';
import type { Grant } from '../server/signer.js';
import type { ServerState } from '../server/state.js';
import { downloadName } from './file-json.js';

const R2_LIFETIME_SECONDS = 86_400;
const B2_LIFETIME_SECONDS = 3600;
const B2_BUCKET = '/file/civitai-modelfiles';

/** Returns a URL that anyone can fetch the file from until it expires. */
export function signedUrl(file: CatalogFile, state: ServerState): string {
  const onR2 = (state.moved.get(file.id) ?? file.host) === 'r2';
  const issued = Math.floor(Date.now() / 1000);
  const grant: Grant = {
    path: `${onR2 ? '' : B2_BUCKET}${storagePath(file)}`,
    issued,
    expires: issued + (state.urlLifetimeSeconds ?? (onR2 ? R2_LIFETIME_SECONDS : B2_LIFETIME_SECONDS)),
    disposition: disposition(downloadName(file), onR2),
  };
  const signature = state.signer.sign(grant);
  return onR2
    ? `${state.origins.r2}${grant.path}?${r2Query(grant, signature)}`
    : `${state.origins.b2}${grant.path}?${b2Query(grant, signature)}`;
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

/** R2 sends a name in raw UTF-8, B2 in the encoded form. */
function disposition(name: string, raw: boolean): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what a header cannot hold
  const safe = name.replace(/[\u0000-\u001f\u007f"\\]/g, (char) => encodeURIComponent(char));
  const plain = /^[\x20-\x7e]*$/.test(safe);
  return raw || plain
    ? `attachment; filename="${safe}"`
    : `attachment; filename*=UTF-8''${encodeURIComponent(name)}`;
}

/** Formats seconds since 1970 as `20260201T103000Z`. */
function toAmzDate(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace(/[-:]|\.\d+/g, '');
}

function fromAmzDate(text: string): number {
  return Date.parse(text.replace(/^(....)(..)(..T..)(..)(..Z)$/, '$1-$2-$3:$4:$5')) / 1000;
}
