import { readdir } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { toFileSystemError } from '../disk/errors.js';
import { tryReadText } from '../disk/files.js';
import { type Fingerprint, fingerprint } from '../disk/fingerprint.js';
import { idsInName } from './entry.js';

/** A file that may be a model's. */
export interface ScannedFile {
  /** Absolute. */
  readonly path: string;
  readonly state: Fingerprint;
}

const MODEL_EXTENSIONS = new Set([
  ...['.safetensors', '.sft', '.ckpt', '.pt', '.pth', '.bin', '.gguf', '.onnx', '.pkl'],
]);

/** Bytes of a list of hashes at most; a longer one is none. */
const LONGEST_LIST = 64 * 1024;

/**
 * All model files below a folder, by what they are called. Links to files are followed, links to folders are not, since
 * they may lead in circles.
 * @param onProblem told of a folder in it that can't be read
 * @throws FileSystemError when the folder itself can't be read, or the signal's reason
 */
export async function findModelFiles(
  folder: string,
  signal: AbortSignal,
  onProblem: (error: unknown) => void,
): Promise<readonly ScannedFile[]> {
  const files: ScannedFile[] = [];
  const folders = [folder];
  for (let next = folders.pop(); next !== undefined; next = folders.pop()) {
    signal.throwIfAborted();
    const inside = next;
    const entries = await readdir(inside, { withFileTypes: true }).catch((error: unknown) => {
      const failure = toFileSystemError(error, inside, 'read');
      if (inside === folder) throw failure;
      onProblem(failure);
      return [];
    });
    for (const entry of entries) {
      const path = join(inside, entry.name);
      if (entry.isDirectory()) folders.push(path);
      else if (isModelFile(entry.name)) {
        const state = fingerprint(path);
        if (state) files.push({ path, state });
      }
    }
  }
  return files;
}

function isModelFile(name: string): boolean {
  if (name.startsWith('.') || /\.(part|tmp|lock|csv)$|\.part\.json$|^model_dict-mid_/i.test(name))
    return false;
  return MODEL_EXTENSIONS.has(extname(name).toLowerCase()) || idsInName(name).modelId !== undefined;
}

/** What a model file shares with the list of its hashes. */
export function withoutExtension(path: string): string {
  return path.slice(0, path.length - extname(path).length);
}

/** The SHA256 in upper case that the list beside a model file has, with the list's path. */
export async function readListedSha256(
  path: string,
): Promise<{ readonly list: string; readonly sha256: string } | undefined> {
  const list = `${withoutExtension(path)}.csv`;
  const text = tryReadText(list) ?? '';
  const sha256 =
    text.length > LONGEST_LIST
      ? undefined
      : /^SHA256,\s*(?<hash>[0-9a-f]{64})\s*$/im.exec(text)?.groups?.hash?.toUpperCase();
  return sha256 === undefined ? undefined : { list, sha256 };
}
