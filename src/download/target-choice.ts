import { readdirSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { hasWeights, readListedSha256 } from '../cache/model-files.js';
import type { ModelFile, ModelVersion } from '../civitai/model.js';
import { matchesFile } from '../disk/checksum/verify-file.js';
import { tryReadText } from '../disk/files.js';
import { fingerprint, sameFingerprint } from '../disk/fingerprint.js';
import { RECORD, sidecarPath } from '../disk/paths.js';
import { caseKey, fitName, splitName } from '../disk/safe-name.js';
import { readSidecarIdentities, type SidecarIdentity } from '../sidecars/identity.js';
import { partFileKey } from '../transfer/part-record.js';
import type { RunContext } from './context.js';
import { checksumsOf, fileKeyOf, findVerified, knownFiles, recordVerified } from './local-copies.js';
import type { SelectedFile, SharedParts } from './plan.js';
import { type ChosenTarget, nameKey } from './target-names.js';

type TargetContext = Pick<RunContext, 'options' | 'cache' | 'signal' | 'runtime' | 'reservedNames'>;

/**
 * Chooses the path of a file in a folder of an application: where the file is already, by all that is known of it, else
 * the first name that no other file has.
 */
export async function chooseTarget(
  selected: SelectedFile,
  directory: string,
  shared: SharedParts,
  run: TargetContext,
): Promise<ChosenTarget> {
  const { version, file } = selected;
  const owner = `${version.id} ${file.id}`;
  const names = shared.originalNamesOf(file);
  const withIds = shared.namesOf(file).file;
  const choose = (name: string, mustBeFree: boolean): ChosenTarget => {
    run.reservedNames.reserve({ directory, name }, owner);
    return { target: join(directory, name), mustBeFree };
  };
  const folder = new Folder(directory);
  for (const name of [...names, fitName(withIds.stem, withIds.suffix)]) {
    const existing = folder.find(name);
    if (existing !== undefined && (await isOwn(join(directory, existing), selected, run)))
      return choose(existing, false);
  }
  const moved = await findBelow(directory, file, run);
  if (moved !== undefined) return { target: moved, mustBeFree: false };
  const resumed = names.find((name) => partFileKey(recordPath(directory, name)) === fileKeyOf(file));
  if (resumed !== undefined && folder.isFree(resumed)) return choose(resumed, true);
  const isFree = (name: string) =>
    folder.isFree(name) &&
    run.reservedNames.isFree({ directory, name }, owner) &&
    partFileKey(recordPath(directory, name)) === undefined;
  // The name with the file's own id is the last one.
  return choose(names.find(isFree) ?? (names.at(-1) as string), true);
}

function recordPath(directory: string, name: string): string {
  return sidecarPath(join(directory, name), RECORD);
}

/** The names in a folder, compared as on systems that ignore case. */
class Folder {
  readonly #directory: string;
  readonly #names: readonly string[];

  constructor(directory: string) {
    this.#directory = directory;
    this.#names = namesIn(directory);
  }

  find(name: string): string | undefined {
    const key = caseKey(name);
    return this.#names.find((one) => one === name) ?? this.#names.find((one) => caseKey(one) === key);
  }

  isFree(name: string): boolean {
    const key = nameKey(name);
    if (this.find(name) !== undefined || this.#names.some((one) => nameKey(one) === key)) return false;
    const list = this.find(`${splitName(name).stem}.csv`);
    return (
      list === undefined || (tryReadText(join(this.#directory, list)) ?? '').startsWith('hash_name, hash_id')
    );
  }
}

function namesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

/** Returns where an unchanged, verified copy is in the folder or below: applications load it from there, too. */
async function findBelow(
  directory: string,
  file: ModelFile,
  { cache }: TargetContext,
): Promise<string | undefined> {
  const known = cache ? await knownFiles(file, cache) : [];
  const sha256 = file.hashes.get('SHA256');
  return known.find((one) => {
    const below = relative(directory, one.path);
    const isBelow = !below.startsWith(`..${sep}`) && below !== '..' && join(directory, below) === one.path;
    return isBelow && one.sha256 === sha256 && sameFingerprint(one, fingerprint(one.path));
  })?.path;
}

/** Whether a file is the wanted one, or an older copy of it, by the index, its sidecars, or its bytes. */
async function isOwn(
  path: string,
  { model, version, file }: SelectedFile,
  run: TargetContext,
): Promise<boolean> {
  const { options, cache, signal, runtime } = run;
  const state = fingerprint(path);
  if (!state) return false;
  if (await findVerified(file, path, state, cache)) return true;
  const identities = [...readSidecarIdentities(path), ...(await otherIdentities(path, run))];
  const verdict = judge(identities, version, file);
  if (verdict === 'own') return true;
  if (verdict === undefined && options.strictMode === 0) return true;
  if (file.size !== undefined && file.size !== state.size) return false;
  const matching = await matchesFile(path, { size: file.size, ...checksumsOf(file) }, signal).catch(() => {
    signal.throwIfAborted();
    return undefined;
  });
  const verified = matching?.verified;
  if (verified === undefined) return false;
  // Another file can have the same size.
  if (verified === 'size') return verdict !== 'other';
  const { modelId, versionId } = { modelId: model.id, versionId: version.id };
  await recordVerified(file, path, { verified, checkedAt: runtime.now(), modelId, versionId }, cache, state);
  return true;
}

/** The facts in the list of hashes and in the index. */
async function otherIdentities(path: string, { cache }: TargetContext): Promise<readonly SidecarIdentity[]> {
  const listed = hasWeights(path) ? readListedSha256(path) : undefined;
  const known = await cache?.findByPath(path);
  return [
    ...(listed ? [{ source: listed.list, sha256: listed.sha256 }] : []),
    ...(known ? [{ source: 'index', ...known }] : []),
  ];
}

/** Returns undefined if nothing is known. */
function judge(
  identities: readonly SidecarIdentity[],
  version: ModelVersion,
  file: ModelFile,
): 'own' | 'other' | undefined {
  const sha256 = file.hashes.get('SHA256');
  const isThis = identities.some(
    (one) => one.fileId === file.id || (sha256 !== undefined && one.sha256 === sha256),
  );
  if (isThis) return 'own';
  if (identities.length === 0) return undefined;
  const isOnlyFile = version.files.filter(({ name }) => hasWeights(name)).length === 1;
  const isVersion = identities.some(
    ({ versionId, fileId }) => versionId === version.id && fileId === undefined,
  );
  return isVersion && isOnlyFile ? 'own' : 'other';
}
