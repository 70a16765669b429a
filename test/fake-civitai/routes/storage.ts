import { createHash } from 'node:crypto';
import type { CatalogFile } from '../catalog/entry.js';
import { serveBytes } from '../server/range.js';
import { json, type Reply, reply } from '../server/reply.js';
import type { RecordedRequest } from '../server/request.js';
import { bytesOf } from '../server/shelf.js';
import type { World } from '../server/world.js';
import { b2Grant, r2Grant } from './signed-url.js';

const PART = 8 * 1024 * 1024;

/** Cloudflare R2: errors in XML, an entity tag, and a signature for GET alone. */
export function answerR2(request: RecordedRequest, world: World): Reply {
  if (request.headers.authorization !== undefined) {
    return xmlError(400, 'InvalidRequest', 'Missing x-amz-content-sha256');
  }
  const { grant, signature } = r2Grant(request);
  if (request.method !== 'GET' || !world.signer.accepts(grant, signature)) {
    return xmlError(403, 'AccessDenied', 'Request has expired');
  }
  const file = world.shelf.fileAt(request.path);
  if (file === undefined) return xmlError(404, 'NoSuchKey', 'The specified key does not exist.');
  return serveBytes(bytesOf(file), request.headers, {
    'content-type': 'binary/octet-stream',
    'content-disposition': headerText(grant.disposition),
    etag: entityTag(file),
    'last-modified': 'Sun, 01 Feb 2026 10:00:00 GMT',
  });
}

/** Backblaze B2: errors in JSON, headers of its own, and neither entity tag nor date. */
export function answerB2(request: RecordedRequest, world: World): Reply {
  if (request.headers.authorization !== undefined) {
    return json(403, { code: 'access_denied', message: 'Two authorizations', status: 403 });
  }
  const { grant, signature } = b2Grant(request);
  if (!world.signer.accepts(grant, signature)) {
    return json(401, { code: 'expired_auth_token', message: 'Authorization token has expired', status: 401 });
  }
  const file = world.shelf.fileAt(request.path);
  if (file === undefined) return json(404, { code: 'not_found', message: 'File not present', status: 404 });
  return serveBytes(bytesOf(file), request.headers, {
    'content-type': 'application/octet-stream',
    'content-disposition': headerText(grant.disposition),
    'x-bz-file-id': `4_z${file.id}`,
    'x-bz-content-sha1': 'none',
    'x-bz-upload-timestamp': '1769940000000',
  });
}

/** As of an upload in parts: hex digits, a dash, the number of parts; no checksum of the file. */
function entityTag({ seed, size }: CatalogFile): string {
  const digits = createHash('md5').update(`${seed} ${size}`).digest('hex');
  return `"${digits}-${Math.ceil(size / PART)}"`;
}

/** UTF-8 as Node wants it in a header: one character for each byte. */
function headerText(text: string): string {
  return Buffer.from(text).toString('latin1');
}

function xmlError(status: number, code: string, message: string): Reply {
  const body = `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>${message}</Message></Error>`;
  return reply(status, 'application/xml', body);
}
