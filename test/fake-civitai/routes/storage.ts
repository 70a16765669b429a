import { createHash } from 'node:crypto';
import type { CatalogFile } from '../catalog/entry.js';
import { bytesOf } from '../server/catalog-index.js';
import { serveBytes } from '../server/range.js';
import { json, type Reply, reply } from '../server/reply.js';
import type { RecordedRequest } from '../server/request.js';
import type { ServerState } from '../server/state.js';
import { b2Grant, r2Grant } from './signed-url.js';

const UPLOAD_PART_BYTES = 8 * 1024 * 1024;

/** Cloudflare R2: errors in XML, an entity tag, and a signature that is valid for GET only. */
export function answerR2(request: RecordedRequest, state: ServerState): Reply {
  if (request.headers.authorization !== undefined) {
    return xmlError(400, 'InvalidRequest', 'Missing x-amz-content-sha256');
  }
  const { grant, signature } = r2Grant(request);
  if (request.method !== 'GET' || !state.signer.accepts(grant, signature)) {
    return xmlError(403, 'AccessDenied', 'Request has expired');
  }
  const file = state.catalog.fileAt(request.path);
  if (file === undefined) return xmlError(404, 'NoSuchKey', 'The specified key does not exist.');
  return serveBytes(bytesOf(file), request.headers, {
    'content-type': 'binary/octet-stream',
    'content-disposition': headerText(grant.disposition),
    etag: entityTag(file),
    'last-modified': 'Sun, 01 Feb 2026 10:00:00 GMT',
  });
}

/** Backblaze B2: errors in JSON, its own headers, and neither an entity tag nor a date. */
export function answerB2(request: RecordedRequest, state: ServerState): Reply {
  if (request.headers.authorization !== undefined) {
    return json(403, { code: 'access_denied', message: 'Two authorizations', status: 403 });
  }
  const { grant, signature } = b2Grant(request);
  if (!state.signer.accepts(grant, signature)) {
    return json(401, { code: 'expired_auth_token', message: 'Authorization token has expired', status: 401 });
  }
  const file = state.catalog.fileAt(request.path);
  if (file === undefined) return json(404, { code: 'not_found', message: 'File not present', status: 404 });
  return serveBytes(bytesOf(file), request.headers, {
    'content-type': 'application/octet-stream',
    'content-disposition': headerText(grant.disposition),
    'x-bz-file-id': `4_z${file.id}`,
    'x-bz-content-sha1': 'none',
    'x-bz-upload-timestamp': '1769940000000',
  });
}

/** The tag of a file that was uploaded in parts: hex digits, a dash and the number of parts, not a checksum. */
function entityTag({ seed, size }: CatalogFile): string {
  const digits = createHash('md5').update(`${seed} ${size}`).digest('hex');
  return `"${digits}-${Math.ceil(size / UPLOAD_PART_BYTES)}"`;
}

/** Node expects one character for each byte in a header. */
function headerText(text: string): string {
  return Buffer.from(text).toString('latin1');
}

function xmlError(status: number, code: string, message: string): Reply {
  const body = `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>${message}</Message></Error>`;
  return reply(status, 'application/xml', body);
}
