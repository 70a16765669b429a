import type { RecordedRequest, Route } from './request.js';

/**
 * Where a body is cut: after so many bytes of it (`after`), or at a byte of the file (`at`). With `at`, the fault
 * applies to answers with this byte only.
 */
export type Cut = { readonly after: number } | { readonly at: number };

export type FaultKind =
  /** Another status, body and headers. */
  | {
      readonly kind: 'status';
      readonly status: number;
      readonly body?: string;
      readonly headers?: Readonly<Record<string, string>>;
    }
  /** A delay before the head; `Infinity` for no answer. */
  | { readonly kind: 'delay'; readonly ms: number }
  /** A slow body. */
  | { readonly kind: 'slow'; readonly bytesPerSecond: number }
  /** The connection stays open, but nothing more is sent. */
  | ({ readonly kind: 'stall' } & Cut)
  /** The connection is reset (RST); after 0 bytes, before the head. */
  | ({ readonly kind: 'reset' } & Cut)
  /**
   * The connection is closed (FIN). `Content-Length` is that of the whole body, with `shortLength`
   * that of the shorter one; with `withoutLength` it is missing, so that the end of the connection is the end of the body.
   */
  | ({ readonly kind: 'truncate'; readonly shortLength?: boolean; readonly withoutLength?: boolean } & Cut)
  /** One bit of this byte of the file is flipped. The fault applies to answers with this byte only. */
  | { readonly kind: 'corrupt'; readonly at: number }
  /** 200 and the whole file instead of a range. */
  | { readonly kind: 'noRanges' }
  /** 206 with another start, and the bytes from there, or with another total size. */
  | { readonly kind: 'wrongContentRange'; readonly start?: number; readonly total?: number }
  /** A chunked answer without `Content-Length`. */
  | { readonly kind: 'noLength' }
  /** 200 and an HTML page. */
  | { readonly kind: 'html' }
  /** 200 and an error as JSON. */
  | { readonly kind: 'json'; readonly value?: unknown }
  /** Other headers with the right bytes; undefined removes one. */
  | { readonly kind: 'headers'; readonly headers: Readonly<Record<string, string | undefined>> }
  /** A compressed body, although the request does not accept one. */
  | { readonly kind: 'gzip' }
  /** Another entity tag; a range request with `If-Range` for the old one gets the whole file. */
  | { readonly kind: 'changedTag'; readonly tag?: string }
  /** The right size, but other bytes after the first 512. */
  | { readonly kind: 'wrongBytes' }
  /** A redirect to an absolute or relative URL, or to one made from the request. */
  | {
      readonly kind: 'redirect';
      readonly to: string | ((request: RecordedRequest) => string);
      readonly status?: number;
    };

/** The answer of the download route to an account that has downloaded too much today. */
export const dailyLimit: FaultKind = {
  kind: 'status',
  status: 429,
  body: JSON.stringify({
    error: "We've noticed an unusual amount of downloading from your account. Please contact support.",
  }),
};

/** The requests that a fault applies to. */
interface FaultRule {
  readonly on: Route;
  readonly where?: (request: RecordedRequest) => boolean;
  /** Number of requests that fail; 1 by default, `Infinity` for all. */
  readonly times?: number;
  /** Number of matching requests that succeed before. */
  readonly skip?: number;
  /** Called each time the fault applies to a request. */
  readonly onApply?: () => void;
}

export type Fault = FaultRule & FaultKind;

interface PendingFault {
  readonly fault: Fault;
  skip: number;
  times: number;
}

/**
 * Faults in the order in which they were added. At most one applies to a request: the first that matches. The others
 * still count the request for `skip`, so that faults can be added for the first request, the second, and so on.
 */
export class FaultQueue {
  #pending: PendingFault[] = [];

  add(fault: Fault): void {
    this.#pending.push({ fault, skip: fault.skip ?? 0, times: fault.times ?? 1 });
  }

  clear(): void {
    this.#pending = [];
  }

  /** Returns the fault for a request if any. `hasByte` says whether its answer has a byte of the file. */
  take(request: RecordedRequest, hasByte: (offset: number) => boolean): FaultKind | undefined {
    let taken: PendingFault | undefined;
    for (const pending of this.#pending.filter(({ fault }) => matches(fault, request, hasByte))) {
      if (pending.skip > 0) pending.skip--;
      else taken ??= pending;
    }
    if (taken === undefined) return undefined;
    taken.times--;
    taken.fault.onApply?.();
    this.#pending = this.#pending.filter(({ times }) => times > 0);
    return taken.fault;
  }
}

function matches(fault: Fault, request: RecordedRequest, hasByte: (offset: number) => boolean): boolean {
  if (fault.on !== request.route || fault.where?.(request) === false) return false;
  return 'at' in fault ? hasByte(fault.at) : true;
}
