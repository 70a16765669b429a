import { z } from 'zod';

/** The lines of `civitdl --json`, which doc/json.md describes. */
const count = z.int().nonnegative();
const bytes = count;
const item = z.int().positive();
const error = z.strictObject({ code: z.string(), message: z.string(), hint: z.string().optional() });
const subject = {
  source: z.string(),
  list: z.string().optional(),
  origin: z.strictObject({ file: z.string(), line: z.int().positive() }).optional(),
};
const verification = z.enum(['SHA256', 'BLAKE3', 'CRC32', 'size']);
const file = z.strictObject({
  how: z.enum(['downloaded', 'replaced', 'cached', 'present', 'left-out']),
  target: z.string(),
  relativePath: z.string().optional(),
  fetched: bytes,
  verified: verification.optional(),
  checkedAt: z.number().optional(),
  cached: z
    .strictObject({ path: z.string(), by: z.enum(['reflink', 'hard link', 'copy']), replaced: z.boolean() })
    .optional(),
});
const model = {
  model: z.strictObject({ id: z.int(), name: z.string(), type: z.string() }),
  version: z.strictObject({
    id: z.int(),
    name: z.string(),
    baseModel: z.string(),
    trainedWords: z.array(z.string()),
  }),
  page: z.url(),
};
const modelIfKnown = {
  model: model.model.optional(),
  version: model.version.optional(),
  page: model.page.optional(),
};
const images = z.strictObject({ fetched: count, present: count, failed: count });
const plannedFile = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('model'),
    path: z.string(),
    relativePath: z.string(),
    size: bytes.optional(),
    sha256: z
      .string()
      .regex(/^[0-9A-F]{64}$/)
      .optional(),
    from: z.enum(['network', 'cache', 'present', 'unchecked']),
    missing: bytes,
  }),
  z.strictObject({ kind: z.literal('document'), path: z.string(), relativePath: z.string(), size: bytes }),
  z.strictObject({ kind: z.literal('image'), path: z.string(), relativePath: z.string(), url: z.url() }),
  z.strictObject({ kind: z.literal('sidecar'), path: z.string(), relativePath: z.string() }),
  z.strictObject({ kind: z.literal('preview'), path: z.string(), relativePath: z.string(), url: z.url() }),
]);
const foundModel = {
  ...model.model.shape,
  creator: z.string().optional(),
  tags: z.array(z.string()),
  mode: z.string().optional(),
  baseModels: z.array(z.string()),
  downloads: count.optional(),
  page: z.url(),
};
const foundFile = z.strictObject({
  id: z.int(),
  name: z.string(),
  type: z.string(),
  primary: z.boolean(),
  size: bytes.optional(),
  format: z.string().optional(),
  precision: z.string().optional(),
  variant: z.string().optional(),
  quantType: z.string().optional(),
  pickleScan: z.string().optional(),
  virusScan: z.string().optional(),
  hashes: z.record(z.string(), z.string()),
});
const foundVersion = z.strictObject({
  ...model.version.shape,
  publishedAt: z.string().optional(),
  createdAt: z.string().optional(),
  obstacle: error.optional(),
  page: z.url(),
  files: z.array(foundFile),
});
const notice = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('waiting') }),
  z.strictObject({ type: z.literal('resumed'), bytes }),
  z.strictObject({ type: z.literal('started-over'), why: z.string() }),
  z.strictObject({ type: z.literal('connections'), count }),
  z.strictObject({ type: z.literal('warned'), message: z.string() }),
  z.strictObject({ type: z.literal('verified'), by: verification, tail: z.number() }),
]);
const space = z.strictObject({
  directory: z.string(),
  files: count,
  unknown: count,
  missing: bytes,
  free: bytes.optional(),
  fits: z.boolean(),
});

const planCounts = z.strictObject({
  models: count,
  versions: count,
  files: count,
  bytes,
  unknown: count,
});

const line = <Type extends string, Shape extends z.ZodRawShape>(type: Type, shape: Shape) =>
  z.strictObject({ v: z.literal(1), type: z.literal(type), ...shape });

const lines = z.discriminatedUnion('type', [
  line('application', {
    app: z.string(),
    title: z.string(),
    root: z.string(),
    place: z.enum(['root', 'models', 'inside']),
    layout: z.string().optional(),
  }),
  line('listed', {
    ...subject,
    models: count,
    passedOver: z.array(z.strictObject({ model: z.strictObject({ id: z.int(), name: z.string() }), error })),
  }),
  line('plan', {
    items: count,
    listed: planCounts,
    present: planCounts,
    missing: planCounts,
    types: z.array(planCounts.extend({ type: z.string() })),
    otherSources: count,
    space: z.array(space),
  }),
  line('planned', {
    item,
    ...subject,
    files: z.array(plannedFile),
    missing: bytes,
    obstacle: error.optional(),
  }),
  line('started', { item, of: item, ...subject }),
  line('resolved', {
    item,
    ...model,
    passedOver: z.array(error),
  }),
  line('transfer', { item, name: z.string(), size: bytes.optional(), copied: z.string().optional() }),
  line('progress', { item, received: bytes, total: bytes.optional() }),
  line('noticed', { item, notice }),
  line('file', { item, file }),
  line('images', { item, count, done: count, failed: count }),
  line('finished', { item, ...subject, ...model, isLast: z.boolean(), file, images }),
  line('skipped', {
    why: z.enum(['present', 'repeated', 'passed-over', 'not-started']),
    item,
    ...subject,
    ...modelIfKnown,
    isLast: z.boolean(),
    file: file.optional(),
    images: images.optional(),
    error: error.optional(),
  }),
  line('failed', { item: item.optional(), ...subject, ...modelIfKnown, isLast: z.boolean(), error }),
  line('noted', { item, message: z.string() }),
  line('warned', { item: item.optional(), error, consequence: z.string().optional() }),
  line('retrying', { error, waitMs: z.number().nonnegative() }),
  line('pausing', { seconds: z.number().nonnegative() }),
  line('halted', { error }),
  line('summary', {
    exitStatus: count,
    downloaded: count,
    cached: count,
    present: count,
    leftOut: count,
    planned: count,
    repeated: count,
    passedOver: count,
    failed: count,
    notStarted: count,
    images,
    bytes,
    ms: z.number().nonnegative(),
    space: z.array(space).optional(),
    failedFile: z.string().optional(),
    keyMissing: z.literal(true).optional(),
  }),
  line('error', { error }),
  line('model', { model: z.strictObject(foundModel) }),
  line('info', {
    model: z.strictObject(foundModel),
    permissions: z.record(z.string(), z.boolean()),
    versions: z.array(foundVersion),
  }),
]);

export type JsonLine = z.infer<typeof lines>;

/** Returns all types of lines with the names of their fields. */
export function jsonTypes(): ReadonlyMap<string, readonly string[]> {
  return new Map(lines.options.map(({ shape }) => [shape.type.value, Object.keys(shape)]));
}

/**
 * Parses the output of `civitdl --json`.
 * @throws if a line does not match its schema
 */
export function parseJsonLines(stdout: string): readonly JsonLine[] {
  if (stdout === '') return [];
  if (!stdout.endsWith('\n')) throw new Error(`The last line has no line end:\n${stdout}`);
  return stdout
    .slice(0, -1)
    .split('\n')
    .map((text) => {
      const parsed = lines.safeParse(JSON.parse(text));
      if (!parsed.success) throw new Error(`${z.prettifyError(parsed.error)}\nin ${text}`);
      return parsed.data;
    });
}

/** Checks the output of a command that ran with `--json`. */
export function checkJson(args: readonly string[], stdout: string): void {
  if (args.includes('--json') && !args.includes('--help')) parseJsonLines(stdout);
}
