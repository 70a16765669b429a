import type { z } from 'zod';
import { type CivitdlError, type KeyOrigin, ServerError } from '../errors.js';
import type { Http, HttpResponse } from '../http/client.js';
import { type RetryPolicy, withRetry } from '../http/retry.js';
import { type ExplainRefusal, leftOutLines, parseResponse } from './response.js';
import { createStrictSchemas, type Schemas, schemas } from './schema.js';

export interface ClientOptions {
  readonly http: Http;
  readonly baseUrl: URL;
  /** Whether `http` sends a key to `baseUrl` at the moment. */
  readonly hasKey: () => boolean;
  /** Where the key of the moment comes from, for messages. */
  readonly keyFrom?: (() => KeyOrigin | undefined) | undefined;
  readonly retry: RetryPolicy;
  /** Called with lines for `--verbose`. */
  readonly trace?: ((line: string) => void) | undefined;
}

type SelectSchema<T> = (schemas: Schemas) => z.ZodType<T>;

/** A request to the API, as data. */
export interface ApiRequest<T> {
  readonly path: string;
  readonly schema: SelectSchema<T>;
  /** Subject of error messages. */
  readonly subject: string;
  /** JSON of a POST request. */
  readonly body?: unknown;
  readonly maxRetries?: number;
  /** Returns the error of a status that has a meaning of its own on this route. */
  readonly explain?: ExplainRefusal;
  /** Returns the error to throw for a response of another shape. */
  readonly explainInvalid?: (error: ServerError) => CivitdlError;
}

/** Sends a request until it succeeds or no retry can help. */
export function sendRequest<T>(
  request: ApiRequest<T>,
  { http, baseUrl, retry, trace }: ClientOptions,
  signal: AbortSignal,
): Promise<T> {
  const { path, body, maxRetries = Infinity } = request;
  const url = new URL(path, baseUrl);
  const attempt = async () => {
    const response =
      body === undefined ? await http.getFollowing(url, { signal }) : await http.post(url, body, { signal });
    return parse(response, request, trace).catch((error: unknown) => {
      const isInvalid = error instanceof ServerError && error.code === 'bad-answer';
      throw isInvalid && request.explainInvalid ? request.explainInvalid(error) : error;
    });
  };
  return withRetry(attempt, { ...retry, retries: Math.min(retry.retries, maxRetries) }, signal);
}

/** Parses a response, and traces what its schema leaves out. */
export async function parse<T>(
  response: HttpResponse,
  { schema, subject, explain }: Pick<ApiRequest<T>, 'schema' | 'subject' | 'explain'>,
  trace: ClientOptions['trace'],
): Promise<T> {
  const { data, json } = await parseResponse(response, schema(schemas), subject, explain);
  if (trace)
    for (const line of leftOutLines(schema(createStrictSchemas()), json)) trace(`${subject}: ${line}`);
  return data;
}
