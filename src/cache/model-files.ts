import { readdir } from 'node:fs/promises';
import { extname, join } from 'node:path';
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
    for (const entry of await list(folder)) {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) folders.push(path);
      else if (isModelFile(entry.name)) {
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

/** Whether a file can be a model file by its name. */
export function isModelFile(name: string): boolean {
  if (name.startsWith('.') || /\.(part|tmp|lock|csv)$|\.part\.json$|^model_dict-mid_/i.test(name))
    return false;
  return MODEL_EXTENSIONS.has(extname(name).toLowerCase()) || idsInName(name).modelId !== undefined;
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
