import type { RecordedRequest, Route } from './request.js';

/**
 * Where a body is cut: after so many bytes of it have been sent (`after`), or when it gets to a byte of the file
 * (`at`). With `at` only an answer that would hold this byte is cut; others neither suffer nor count.
 */
export type Cut = { readonly after: number } | { readonly at: number };

/** What goes wrong. */
export type FaultKind =
  /** Another answer than the right one. */
  | {
      readonly kind: 'status';
      readonly status: number;
      readonly body?: string;
      readonly headers?: Readonly<Record<string, string>>;
    }
  /** Milliseconds before the head; `Infinity` for no answer at all. */
  | { readonly kind: 'delay'; readonly ms: number }
  /** The body comes slowly. */
  | { readonly kind: 'slow'; readonly bytesPerSecond: number }
  /** The connection stays open and silent. */
  | ({ readonly kind: 'stall' } & Cut)
  /** The connection is reset (RST); after 0 bytes, before the head. */
  | ({ readonly kind: 'reset' } & Cut)
  /** The connection is closed in good order (FIN); `shortLength` makes `Content-Length` agree with it. */
  | ({ readonly kind: 'truncate'; readonly shortLength?: boolean } & Cut)
  /** One bit of this byte of the file is flipped; answers without the byte neither suffer nor count. */
  | { readonly kind: 'corrupt'; readonly at: number }
  /** 200 and the whole file, whatever range was asked for. */
  | { readonly kind: 'noRanges' }
  /** 206 with another start (and the bytes from there) or another total size than asked for. */
  | { readonly kind: 'wrongContentRange'; readonly start?: number; readonly total?: number }
  /** A chunked answer without `Content-Length`. */
  | { readonly kind: 'noLength' }
  /** 200 and a page for people. */
  | { readonly kind: 'html' }
  /** 200 and an error as JSON. */
  | { readonly kind: 'json'; readonly value?: unknown }
  /** The body is compressed though nobody asked for it. */
  | { readonly kind: 'gzip' }
  /** Another entity tag; a range request with `If-Range` for the old one gets the whole file. */
  | { readonly kind: 'changedTag'; readonly tag?: string }
  /** The right size with other content, all but the first 512 bytes. */
  | { readonly kind: 'wrongBytes' }
  /** To a URL, absolute or relative, or to one made from the request. */
  | {
      readonly kind: 'redirect';
      readonly to: string | ((request: RecordedRequest) => string);
      readonly status?: number;
    };

/** Whom it befalls. */
interface FaultRule {
  readonly on: Route;
  readonly where?: (request: RecordedRequest) => boolean;
  /** How many requests suffer; 1 unless told, `Infinity` for all. */
  readonly times?: number;
  /** How many matching requests pass unharmed before. */
  readonly skip?: number;
  /** Told each time that it befalls a request. */
  readonly onBefall?: () => void;
}

export type Fault = FaultRule & FaultKind;

interface Waiting {
  readonly fault: Fault;
  skip: number;
  times: number;
}

/**
 * The faults that are still to come. A request suffers at most one: the first that was put in. The count of
 * `skip` goes on for the others, so faults can be put in for the first request, the second, and so on.
 */
export class FaultQueue {
  #waiting: Waiting[] = [];

  add(fault: Fault): void {
    this.#waiting.push({ fault, skip: fault.skip ?? 0, times: fault.times ?? 1 });
  }

  clear(): void {
    this.#waiting = [];
  }

  /** The fault for this request; `reaches` tells whether the answer holds a byte of the file. */
  take(request: RecordedRequest, reaches: (offset: number) => boolean): FaultKind | undefined {
    let taken: Waiting | undefined;
    for (const waiting of this.#waiting.filter(({ fault }) => befalls(fault, request, reaches))) {
      if (waiting.skip > 0) waiting.skip--;
      else taken ??= waiting;
    }
    if (taken === undefined) return undefined;
    taken.times--;
    taken.fault.onBefall?.();
    this.#waiting = this.#waiting.filter(({ times }) => times > 0);
    return taken.fault;
  }
}

function befalls(fault: Fault, request: RecordedRequest, reaches: (offset: number) => boolean): boolean {
  if (fault.on !== request.route || fault.where?.(request) === false) return false;
  return 'at' in fault ? reaches(fault.at) : true;
}
