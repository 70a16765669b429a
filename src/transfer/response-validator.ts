import { assertSpace } from '../disk/space.js';
import { ContentError } from '../errors.js';
import type { HttpResponse } from '../http/client.js';
import { validatorOf } from './byte-ranges.js';
import type { PartFile } from './part-file.js';
import { RestartNeeded } from './recovery.js';
import { type BodyRange, checkResponse } from './response.js';
import type { Segment, SegmentQueue } from './segments.js';

export interface ResponseValidatorOptions {
  readonly name: string;
  readonly target: string;
  /** Whether a checksum decides what is the file. */
  readonly hasProof: boolean;
  readonly part: PartFile;
  readonly segments: SegmentQueue;
  /** Whether another entity tag or size than in an earlier run means another file. Otherwise the checksum decides. */
  readonly guardsTag: boolean;
  readonly forceSpace: boolean;
}

/** Checks from the head of a response that its body is the requested part of the file. */
export class ResponseValidator {
  readonly #options: ResponseValidatorOptions;
  servesRanges: boolean;
  hasAccepted = false;

  constructor(options: ResponseValidatorOptions, servesRanges: boolean) {
    this.#options = options;
    this.servesRanges = servesRanges;
  }

  /**
   * @param isOnly whether no other connection writes to the part file
   * @throws RestartNeeded, ContentError, FileSystemError, or the error of the status
   */
  accept(response: HttpResponse, segment: Segment, isOnly: boolean): BodyRange {
    const { name, hasProof, part, segments, target, forceSpace } = this.#options;
    const expected = { name, start: segment.position, size: segments.total, hasProof };
    const body = checkResponse(response, expected);
    if (response.status === 200 && segment.end < (body.total ?? Number.POSITIVE_INFINITY)) {
      this.servesRanges = false;
    }
    this.#assertSameFile(response, segment, body, isOnly);
    part.validator = validatorOf(response.url.origin, response.header('etag')) ?? part.validator;
    segments.total ??= body.total;
    part.total = segments.total;
    if (!this.hasAccepted && segments.total !== undefined && !forceSpace) {
      assertSpace(target, segments.total - part.done.size);
    }
    this.hasAccepted = true;
    return body;
  }

  #assertSameFile(response: HttpResponse, segment: Segment, body: BodyRange, isOnly: boolean): void {
    const { name, part, guardsTag } = this.#options;
    const { host, origin } = response.url;
    const tag = validatorOf(origin, response.header('etag'))?.entityTag;
    const isOtherTag = part.validator?.origin === origin && part.validator.entityTag !== tag;
    const isOtherSize = part.total !== undefined && body.total !== undefined && part.total !== body.total;
    const isOtherPart = body.start !== segment.position;
    if (guardsTag && (isOtherTag || isOtherSize) && (isOtherPart || body.start > 0)) {
      throw new RestartNeeded(new ContentError('changed', `${name}: the file on ${host} has changed.`));
    }
    if (!isOtherPart) return;
    const error = new ContentError('wrong-range', `${name}: ${host} does not serve parts of the file.`);
    throw isOnly ? new RestartNeeded(error, { withoutRanges: true }) : error;
  }
}
