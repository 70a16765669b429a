import { readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { idsInName } from '../cache/entry.js';
import { isModelFile, readListedSha256, weightStems } from '../cache/model-files.js';
import { matchesFile } from '../disk/checksum/verify-file.js';
import { fingerprint } from '../disk/fingerprint.js';
import { caseKey } from '../disk/safe-name.js';
import type { RunContext } from './context.js';
import { findVerified, recordVerified } from './local-copies.js';
import type { ModelFileTask } from './plan.js';

/**
 * Finds a model file under a name that Civitai gave it before: a file in the target's folder with the id of the version
 * in its name, and with the same SHA256. Reads a file only if neither the index nor its list of hashes has its SHA256.
 * @param currentNames keys of the names that files of the version have now
 */
export async function findRenamedFile(
  task: ModelFileTask,
  currentNames: ReadonlySet<string>,
  run: RunContext,
): Promise<string | undefined> {
  const { file, target, versionId } = task;
  if (!file.hashes.has('SHA256') || fingerprint(target)) return undefined;
  const folder = dirname(target);
  const names = await readdir(folder).catch(() => []);
  // A folder of an application may have thousands of files.
  const similar = names.filter((name) => name.includes(`-vid_${versionId}`));
  const stems = weightStems(similar);
  const candidates = similar.filter(
    (name) =>
      !currentNames.has(caseKey(name)) &&
      isModelFile(join(folder, name), stems) &&
      idsInName(name).versionId === versionId,
  );
  for (const name of candidates.sort()) {
    const path = join(folder, name);
    if (await hasSha256(path, task, run)) return path;
  }
  return undefined;
}

async function hasSha256(
  path: string,
  { file }: ModelFileTask,
  { cache, runtime, signal }: RunContext,
): Promise<boolean> {
  const sha256 = file.hashes.get('SHA256');
  const state = fingerprint(path);
  if (!state) return false;
  if (await findVerified(file, path, state, cache)) return true;
  const listed = readListedSha256(path);
  if (listed) return listed.sha256 === sha256;
  const matching = await matchesFile(path, { sha256 }, signal).catch(() => undefined);
  signal.throwIfAborted();
  const verified = matching?.verified;
  if (verified) await recordVerified(file, path, { verified, checkedAt: runtime.now() }, cache, state);
  return verified !== undefined;
}
