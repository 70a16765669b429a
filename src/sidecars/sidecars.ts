import { lstatSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { writeAtomic } from '../disk/atomic-write.js';
import { exists, readIfExists } from '../disk/files.js';
import { type CivitdlError, FileSystemError } from '../errors.js';
import { type SidecarFormat, sidecarFormats } from '../options/sidecar-formats.js';
import { a1111 } from './a1111.js';
import { civitaiInfo } from './civitai-info.js';
import { formatExactJson, parseExactJson } from './exact-json.js';
import { type Json, type JsonFormat, objectOf, type SidecarFacts, stemOf } from './format.js';
import { loraManager } from './lora-manager.js';
import { modelManagerText } from './model-manager.js';
import { rgthree } from './rgthree.js';
import { stabilityMatrix } from './stability-matrix.js';
import { swarmui } from './swarmui.js';

/** A file to write next to a model. */
export interface SidecarTask {
  readonly format: SidecarFormat;
  /** Absolute path. */
  readonly target: string;
}

const JSON_FORMATS: Readonly<Partial<Record<SidecarFormat, JsonFormat>>> = {
  a1111,
  'civitai-helper': civitaiInfo,
  'lora-manager': loraManager,
  'stability-matrix': stabilityMatrix,
  swarmui,
  rgthree,
};

const TEXT_SUFFIXES: Readonly<Partial<Record<SidecarFormat, string>>> = {
  sha256: '.sha256',
  'model-manager': '.md',
};

interface PlannedModel {
  /** Absolute path of the model file. */
  readonly path: string;
  readonly modelType: string;
  readonly hasSha256: boolean;
}

const RGTHREE_TYPES = new Set(['LORA', 'LoCon', 'DoRA', 'Checkpoint']);

/** Plans the files of these formats that say something about a model. */
export function planSidecars(formats: readonly SidecarFormat[], model: PlannedModel): readonly SidecarTask[] {
  return sidecarFormats
    .filter((format) => formats.includes(format) && applies(format, model))
    .map((format) => ({ format, target: targetOf(format, model.path) }));
}

function applies(format: SidecarFormat, { path, modelType, hasSha256 }: PlannedModel): boolean {
  if (format === 'swarmui') return /\.(safetensors|sft|gguf)$/i.test(path);
  if (format === 'rgthree') return RGTHREE_TYPES.has(modelType);
  return format === 'sha256' ? hasSha256 : true;
}

function targetOf(format: SidecarFormat, path: string): string {
  return JSON_FORMATS[format]?.suffix(path) ?? `${stemOf(path)}${TEXT_SUFFIXES[format]}`;
}

/** Facts that the sidecars of a model lack, and that only its bytes tell. */
export interface NeededBytes {
  readonly tensorSha256: boolean;
  readonly headerMetadata: boolean;
}

/** @param isNew whether the model file was not there before, so that what is known of it may be of older bytes */
export function neededBytes(tasks: readonly SidecarTask[], isNew: boolean): NeededBytes {
  const lacks = (format: SidecarFormat, has: (json: Json) => boolean) => {
    const task = tasks.find((one) => one.format === format);
    const existing = task && readSidecar(task.target);
    return existing !== undefined && 'json' in existing && (isNew || !has(existing.json));
  };
  return {
    tensorSha256: lacks('swarmui', (json) => 'modelspec.hash_sha256' in json),
    headerMetadata: lacks('rgthree', (json) => 'metadata' in objectOf(json.raw)),
  };
}

export interface SidecarContext {
  /** Path of the lock that the caller holds. */
  readonly lock: string;
  /** Called with each file that is left as it is. */
  readonly warn: (error: CivitdlError) => void;
}

/** Writes the files that have changed: what the user and other programs have set in them is kept. */
export async function writeSidecars(
  tasks: readonly SidecarTask[],
  facts: SidecarFacts,
  context: SidecarContext,
): Promise<void> {
  for (const task of tasks) {
    try {
      await writeSidecar(task, facts, context);
    } catch (error) {
      if (!(error instanceof FileSystemError)) throw error;
      context.warn(error);
    }
  }
}

async function writeSidecar(
  { format, target }: SidecarTask,
  facts: SidecarFacts,
  { lock, warn }: SidecarContext,
): Promise<void> {
  const content = contentOf(format, target, facts, warn);
  if (content === undefined) return;
  const reason = protectionOf(target);
  if (reason !== undefined) {
    warn(leftAlone(target, reason));
    return;
  }
  // A later run compares it again.
  await writeAtomic(target, content, { lock, durable: false });
}

/** Returns undefined if nothing is to be written. */
function contentOf(
  format: SidecarFormat,
  target: string,
  facts: SidecarFacts,
  warn: SidecarContext['warn'],
): string | undefined {
  const json = JSON_FORMATS[format];
  if (json) return jsonContent(json, target, facts, warn);
  if (format === 'model-manager') return hasNotes(facts.path) ? undefined : modelManagerText(facts);
  const sha256 = facts.hashes.get('SHA256')?.toLowerCase();
  return readIfExists(target)?.toString('latin1') === sha256 ? undefined : sha256;
}

function jsonContent(
  format: JsonFormat,
  target: string,
  facts: SidecarFacts,
  warn: SidecarContext['warn'],
): string | undefined {
  const existing = readSidecar(target);
  if ('problem' in existing) {
    warn(leftAlone(target, existing.problem));
    return undefined;
  }
  const text = formatExactJson(format.merge(existing.json, facts));
  // As it will be read again: without values that are undefined.
  const isSame =
    existing.isThere && !existing.hasMark && isDeepStrictEqual(parseExactJson(text), existing.json);
  return isSame ? undefined : text;
}

/** ComfyUI-Model-Manager takes either; the user may have written both. */
function hasNotes(path: string): boolean {
  return exists(`${stemOf(path)}.md`) || exists(`${stemOf(path)}.txt`);
}

interface ExistingJson {
  readonly json: Json;
  readonly isThere: boolean;
  /** Whether it begins with a byte order mark. */
  readonly hasMark: boolean;
}

type Existing = ExistingJson | { readonly problem: string };

function readSidecar(path: string): Existing {
  try {
    const bytes = readIfExists(path);
    if (!bytes || bytes.length === 0) return { json: {}, isThere: false, hasMark: false };
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    const value = parseExactJson(text.replace(/^\ufeff/, ''));
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    if (!isObject) return { problem: 'it is not a JSON object' };
    return { json: objectOf(value), isThere: true, hasMark: text.startsWith('\ufeff') };
  } catch (error) {
    if (error instanceof FileSystemError) return { problem: 'it cannot be read' };
    return { problem: error instanceof SyntaxError ? 'it is not valid JSON' : 'it is not in UTF-8' };
  }
}

/** The rename of an atomic write would replace a link, and a file that its owner protects. */
function protectionOf(path: string): string | undefined {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (!stats) return undefined;
  if (stats.isSymbolicLink()) return 'it is a link';
  return (stats.mode & 0o222) === 0 ? 'it is read-only' : undefined;
}

function leftAlone(path: string, why: string): CivitdlError {
  return new FileSystemError('file-system', `${path} was left as it is, because ${why}.`);
}
