import { readdir } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { toFileSystemError } from '../disk/errors.js';
import { tryReadText } from '../disk/files.js';
import { type Fingerprint, fingerprint } from '../disk/fingerprint.js';
import { idsInName } from './entry.js';

export interface ScannedFile {
  /** Absolute. */
  readonly path: string;
  readonly state: Fingerprint;
}

const MODEL_EXTENSIONS = new Set([
  ...['.safetensors', '.sft', '.ckpt', '.pt', '.pth', '.bin', '.gguf', '.onnx', '.pkl'],
]);

const MAX_LIST_LENGTH = 64 * 1024;

/**
 * Finds the model files below a folder by their names. Links to folders are not followed, since they may form a cycle.
 * @param onUnreadable called for each subfolder that cannot be read
 * @throws FileSystemError if the folder itself cannot be read
 */
export async function findModelFiles(
  root: string,
  signal: AbortSignal,
  onUnreadable: (error: unknown) => void,
): Promise<readonly ScannedFile[]> {
  const files: ScannedFile[] = [];
  const folders = [root];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    signal.throwIfAborted();
    const entries = await list(folder);
    const stems = weightStems(entries.map(({ name }) => name));
    for (const entry of entries) {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) folders.push(path);
      else if (isModelFile(path, stems)) {
        const state = fingerprint(path);
        if (state) files.push({ path, state });
      }
    }
  }
  return files;

  function list(folder: string) {
    return readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
      const failure = toFileSystemError(error, folder, 'read');
      if (folder === root) throw failure;
      onUnreadable(failure);
      return [];
    });
  }
}

/** Whether a file of this name has weights, so that applications load it as a model. */
export function hasWeights(name: string): boolean {
  return MODEL_EXTENSIONS.has(extname(name).toLowerCase());
}

/** Returns the names of weights without their extensions. */
export function weightStems(names: readonly string[]): ReadonlySet<string> {
  return new Set(names.flatMap((name) => (hasWeights(name) ? [withoutExtension(name)] : [])));
}

/** Previews, notes, hashes and records of applications. */
const NEVER_MODEL = /\.(info|sha256|md|jpe?g|png|webp|gif|avif|jxl|mp4|webm)$/i;

/** Workflows and wildcards, which are downloaded under such names; but also what applications write next to a model. */
const PERHAPS_SIDECAR = /\.(json|txt)$/i;

/**
 * Whether a file can be a model file by its name.
 * @param stems names of weights in its folder, without their extensions
 */
export function isModelFile(path: string, stems: ReadonlySet<string>): boolean {
  const name = basename(path);
  if (name.startsWith('.') || /\.(part|tmp|lock|csv)$|\.part\.json$|^model_dict-mid_/i.test(name))
    return false;
  if (hasWeights(name)) return true;
  if (idsInName(name).modelId === undefined || NEVER_MODEL.test(name)) return false;
  return !PERHAPS_SIDECAR.test(name) || !(stems.has(withoutExtension(name)) || isOrphan(path));
}

/** Whether a JSON file describes a version whose model file is gone. */
function isOrphan(path: string): boolean {
  return /\.json$/i.test(path) && /"modelVersionId":\s*\d/.test(tryReadText(path) ?? '');
}

export function withoutExtension(path: string): string {
  return path.slice(0, path.length - extname(path).length);
}

/** Reads the SHA256 from the list of hashes next to a model file, in upper case. */
export function readListedSha256(
  path: string,
): { readonly list: string; readonly sha256: string } | undefined {
  const list = `${withoutExtension(path)}.csv`;
  const text = tryReadText(list) ?? '';
  if (text.length > MAX_LIST_LENGTH) return undefined;
  const hash = /^SHA256,\s*(?<hash>[0-9a-f]{64})\s*$/im.exec(text)?.groups?.hash;
  return hash === undefined ? undefined : { list, sha256: hash.toUpperCase() };
}
