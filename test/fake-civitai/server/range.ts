import type { IncomingHttpHeaders } from 'node:http';
import type { Bytes } from '../content/content.js';
import { type Reply, reply, whole } from './reply.js';

/** Answers with a file, or with the requested range of it. */
export function serveBytes(source: Bytes, request: IncomingHttpHeaders, headers: Reply['headers']): Reply {
  const all = { 'accept-ranges': 'bytes', ...headers };
  const range = validatorHolds(request, headers) ? parseRange(request.range, source.size) : undefined;
  if (range === undefined) {
    return { status: 200, headers: { ...all, 'content-length': String(source.size) }, body: whole(source) };
  }
  if (range === 'unsatisfiable') {
    return reply(416, 'text/plain', 'range not satisfiable', { 'content-range': `bytes */${source.size}` });
  }
  const length = range.end - range.start + 1;
  return {
    status: 206,
    headers: {
      ...all,
      'content-length': String(length),
      'content-range': `bytes ${range.start}-${range.end}/${source.size}`,
    },
    body: { source, start: range.start, length },
  };
}

/** Returns the first and last byte of a `Range` header; undefined if it is missing or not understood. */
function parseRange(
  header: string | undefined,
  size: number,
): { start: number; end: number } | 'unsatisfiable' | undefined {
  const [matched, first = '', last = ''] = /^bytes=(\d*)-(\d*)$/.exec(header ?? '') ?? [];
  if (matched === undefined || (first === '' && last === '')) return undefined;
  if (first !== '' && last !== '' && Number(last) < Number(first)) return undefined;
  const start = first === '' ? Math.max(0, size - Number(last)) : Number(first);
  const end = first === '' || last === '' ? size - 1 : Math.min(Number(last), size - 1);
  return start > end ? 'unsatisfiable' : { start, end };
}

/** Whether `If-Range` is missing, or has the entity tag or the date of the file. */
function validatorHolds(request: IncomingHttpHeaders, headers: Reply['headers']): boolean {
  const validator = request['if-range'];
  return validator === undefined || validator === headers.etag || validator === headers['last-modified'];
}
