import { gzipSync } from 'node:zlib';
import { type Bytes, inMemory } from '../content/content.js';
import type { Delivery } from './deliver.js';
import type { Cut, FaultKind } from './faults.js';
import { html, json, type Reply, redirect, reply, type Span, whole } from './reply.js';
import type { RecordedRequest } from './request.js';

const RIGHT_BYTES = 512;

/** Returns a delivery with a fault applied. */
export function applyFault(fault: FaultKind, delivery: Delivery, request: RecordedRequest): Delivery {
  switch (fault.kind) {
    case 'delay':
      return { ...delivery, delayMs: fault.ms };
    case 'slow':
      return { ...delivery, bytesPerSecond: fault.bytesPerSecond };
    case 'stall':
    case 'reset':
      return { ...delivery, sent: cutLength(fault, delivery.reply.body), bodyEnd: fault.kind };
    case 'truncate':
      return truncate(fault, delivery);
    default:
      return withReply(delivery, spoil(fault, delivery.reply, request));
  }
}

function withReply(delivery: Delivery, reply: Reply): Delivery {
  return { ...delivery, reply, sent: reply.body.length };
}

function cutLength(cut: Cut, body: Span): number {
  const length = 'at' in cut ? cut.at - body.start : cut.after;
  return Math.max(0, Math.min(length, body.length));
}

function truncate(
  fault: Cut & { shortLength?: boolean; withoutLength?: boolean },
  delivery: Delivery,
): Delivery {
  const sent = cutLength(fault, delivery.reply.body);
  if (fault.withoutLength === true)
    return { ...delivery, sent, bodyEnd: 'close', reply: withoutHeaders(delivery.reply, 'content-length') };
  if (fault.shortLength !== true) return { ...delivery, sent, bodyEnd: 'close' };
  return { ...delivery, sent, reply: withHeaders(delivery.reply, { 'content-length': String(sent) }) };
}

type ReplyFault = Exclude<FaultKind, { kind: 'delay' | 'slow' | 'stall' | 'reset' | 'truncate' }>;

function spoil(fault: ReplyFault, right: Reply, request: RecordedRequest): Reply {
  switch (fault.kind) {
    case 'status':
      return reply(fault.status, 'text/plain', fault.body ?? '', lowerCase(fault.headers));
    case 'html':
      return html('Sign in');
    case 'json':
      return json(200, fault.value ?? { error: 'Something went wrong' });
    case 'redirect':
      return redirect(fault.status ?? 307, typeof fault.to === 'string' ? fault.to : fault.to(request));
    case 'corrupt':
      return withSource(
        right,
        flipped(right.body.source, (offset) => offset === fault.at, 1),
      );
    case 'wrongBytes':
      return withSource(
        right,
        flipped(right.body.source, (offset) => offset >= RIGHT_BYTES, 0xff),
      );
    case 'noRanges':
      return wholeFile(withoutHeaders(right, 'accept-ranges'));
    case 'wrongContentRange':
      return wrongContentRange(right, fault.start, fault.total);
    case 'noLength':
      return withoutHeaders(right, 'content-length');
    case 'headers':
      return relabeled(right, fault.headers);
    case 'gzip':
      return gzip(right);
    case 'changedTag':
      return withHeaders(request.headers['if-range'] === undefined ? right : wholeFile(right), {
        etag: fault.tag ?? '"0123456789abcdef0123456789abcdef"',
      });
  }
}

function lowerCase(headers: Readonly<Record<string, string>> = {}): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

function wholeFile(right: Reply): Reply {
  const body = whole(right.body.source);
  const plain = withoutHeaders(right, 'content-range');
  return { ...withHeaders(plain, { 'content-length': String(body.length) }), status: 200, body };
}

function wrongContentRange(right: Reply, start = right.body.start, total = right.body.source.size): Reply {
  const { source, length } = right.body;
  const body = { source, start, length: Math.min(length, source.size - start) };
  const headers = {
    'content-length': String(body.length),
    'content-range': `bytes ${start}-${start + body.length - 1}/${total}`,
  };
  return { ...withHeaders(right, headers), status: 206, body };
}

function relabeled(right: Reply, headers: Readonly<Record<string, string | undefined>>): Reply {
  const all = Object.entries({ ...right.headers, ...headers });
  return {
    ...right,
    headers: Object.fromEntries(all.flatMap(([name, value]) => (value ? [[name, value]] : []))),
  };
}

function gzip(right: Reply): Reply {
  const { source, start, length } = right.body;
  const body = whole(inMemory(gzipSync(source.read(start, length))));
  return {
    ...withHeaders(right, { 'content-encoding': 'gzip', 'content-length': String(body.length) }),
    body,
  };
}

/** Returns the same bytes with the bits of a mask flipped in some of them. */
function flipped(source: Bytes, which: (offset: number) => boolean, mask: number): Bytes {
  return {
    size: source.size,
    read: (offset, length) =>
      Buffer.from(source.read(offset, length).map((byte, i) => (which(offset + i) ? byte ^ mask : byte))),
  };
}

function withSource(right: Reply, source: Bytes): Reply {
  return { ...right, body: { ...right.body, source } };
}

function withHeaders(right: Reply, headers: Reply['headers']): Reply {
  return { ...right, headers: { ...right.headers, ...headers } };
}

function withoutHeaders(right: Reply, ...names: readonly string[]): Reply {
  const kept = Object.entries(right.headers).filter(([name]) => !names.includes(name));
  return { ...right, headers: Object.fromEntries(kept) };
}
