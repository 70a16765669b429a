import { z } from 'zod';
import type { ApiJson } from './model.js';

/**
 * What a schema does with a value that a download can do without. The endpoints differ in whether they send null, an
 * empty list or no key, so all three mean the same.
 */
export interface Rules {
  readonly isStrict: boolean;
  optional<T extends z.ZodType>(schema: T): z.ZodType<z.output<T> | undefined>;
  list<T extends z.ZodType>(item: T): z.ZodType<z.output<T>[]>;
  /** A list that cannot be missing; its elements can. */
  requiredList<T extends z.ZodType>(item: T): z.ZodType<z.output<T>[]>;
}

/** Leaves out what it cannot read, element by element. */
export const LENIENT: Rules = {
  isStrict: false,
  optional: (schema) =>
    schema
      .nullish()
      .catch(undefined)
      .transform((value) => value ?? undefined),
  list: (item) =>
    z
      .unknown()
      .optional()
      .transform((value) => readable(item, Array.isArray(value) ? value : [])),
  requiredList: (item) => z.array(z.unknown()).transform((values) => readable(item, values)),
};

/** Fails with an issue for everything that {@link LENIENT} leaves out. */
export const STRICT: Rules = {
  isStrict: true,
  optional: (schema) => schema.nullish().transform((value) => value ?? undefined),
  list: (item) =>
    z
      .array(item)
      .nullish()
      .transform((items) => items ?? []),
  requiredList: (item) => z.array(item),
};

function readable<T extends z.ZodType>(item: T, values: readonly unknown[]): z.output<T>[] {
  return values.flatMap((value) => {
    const parsed = item.safeParse(value);
    return parsed.success ? [parsed.data] : [];
  });
}

/** Adds the original object as `json`: that of zod would have the known keys first. */
export const withJson = <T extends object>(schema: z.ZodType<T>) =>
  z
    .custom<ApiJson>((value) => typeof value === 'object' && value !== null, 'not an object')
    .transform((json, context) => {
      const parsed = schema.safeParse(json);
      if (parsed.success) return { ...parsed.data, json };
      context.issues.push(
        ...parsed.error.issues.map((issue) => ({ ...issue, input: json }) as z.core.$ZodRawIssue),
      );
      return z.NEVER;
    });

export function isRecord(value: unknown): value is ApiJson {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
