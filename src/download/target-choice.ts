import { basename, dirname, join, sep } from 'node:path';
import { idsInName } from '../cache/entry.js';
import { hasWeights, readListedSha256 } from '../cache/model-files.js';
import type { ModelFile, ModelVersion } from '../civitai/model.js';
import { matchesFile } from '../disk/checksum/verify-file.js';
import { fingerprint, sameFingerprint } from '../disk/fingerprint.js';
import { RECORD, sidecarPath } from '../disk/paths.js';
import { fitName, safeName } from '../disk/safe-name.js';
import { readSidecarIdentities, type SidecarIdentity } from '../sidecars/identity.js';
import { partFileKey } from '../transfer/part-record.js';
import type { RunContext } from './context.js';
import { FolderNames, isListTaken } from './folder-names.js';
import {
  checksumsOf,
  fileKeyOf,
  findVerified,
  knownFiles,
  mayHaveSize,
  recordVerified,
} from './local-copies.js';
import type { SelectedFile, SharedParts } from './plan.js';
import type { ChosenTarget } from './target-names.js';

type TargetContext = Pick<
  RunContext,
  'options' | 'cache' | 'signal' | 'runtime' | 'reservedNames' | 'subfolders' | 'layout'
>;

/** The folder for a new file, and others from which the application loads it, too. */
export interface TargetFolders {
  readonly directory: string;
  readonly alternatives: readonly string[];
}

/**
 * Chooses the path of a file in a folder of an application: where the file is already, by all that is known of it, else
 * the first name that no other file has.
 */
export async function chooseTarget(
  selected: SelectedFile,
  { directory, alternatives }: TargetFolders,
  shared: SharedParts,
  run: TargetContext,
): Promise<ChosenTarget> {
  const { version, file } = selected;
  const owner = `${version.id} ${file.id}`;
  const names = shared.originalNamesOf(file);
  const folders = [directory, ...alternatives].map(
    // A library of `basic` has the files of other models in subfolders.
    (path) => new FolderNames(path, run.layout ? run.subfolders.filesBelow(path) : []),
  );
  const [folder] = folders as [FolderNames];
  // A user has given it the name that another file of the version has, whose list has the plain name.
  const isShared = (name: string) =>
    names.length === 1 && !names.includes(name) && idsInName(name).versionId === undefined;
  const choose = (target: string, mustBeFree: boolean): ChosenTarget => {
    run.reservedNames.reserve({ directory: dirname(target), name: basename(target) }, owner);
    return { target, mustBeFree, isListTaken: isListTaken(target) || isShared(basename(target)) };
  };
  const existing = await findOwn(folders, selected, shared, run);
  if (existing !== undefined) return choose(existing, false);
  const fileKey = fileKeyOf(file);
  const isFree = (name: string) =>
    folder.isFree(name, fileKey) && run.reservedNames.isFree({ directory, name }, owner);
  const resumed = names.find((name) => partFileKey(recordPath(directory, name)) === fileKey && isFree(name));
  // The name with the file's own id is the last one.
  const name = resumed ?? names.find(isFree) ?? (names.at(-1) as string);
  return choose(join(directory, name), true);
}

/** The names that the file can have got from civitdl, from another program, or from an earlier version. */
function candidateNames({ file }: SelectedFile, shared: SharedParts): readonly string[] {
  const withIds = shared.namesOf(file).file;
  const plain = safeName(file.name, `file-${file.id}`);
  return [...new Set([...shared.originalNamesOf(file), plain, fitName(withIds.stem, withIds.suffix)])];
}

function recordPath(directory: string, name: string): string {
  return sidecarPath(join(directory, name), RECORD);
}

async function findOwn(
  folders: readonly FolderNames[],
  selected: SelectedFile,
  shared: SharedParts,
  run: TargetContext,
): Promise<string | undefined> {
  const names = candidateNames(selected, shared);
  const named = folders.flatMap((folder) => names.flatMap((name) => folder.find(name)));
  for (const path of new Set([...named, ...(await findUnchanged(folders, selected.file, run))]))
    if (await isOwn(path, selected, run)) return path;
  return undefined;
}

/** Finds unchanged, verified copies in the folders or below, under any name: applications load them from there, too. */
async function findUnchanged(
  folders: readonly FolderNames[],
  file: ModelFile,
  { cache }: TargetContext,
): Promise<readonly string[]> {
  const known = cache ? await knownFiles(file, cache) : [];
  const sha256 = file.hashes.get('SHA256');
  const isBelow = (path: string) => folders.some((folder) => path.startsWith(join(folder.path, sep)));
  return known
    .filter(
      (one) => isBelow(one.path) && one.sha256 === sha256 && sameFingerprint(one, fingerprint(one.path)),
    )
    .map(({ path }) => path);
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
  const identities = [...readSidecarIdentities(path), ...(await otherIdentities(path, run))];
  const verdict = judge(identities, version, file);
  if (verdict === 'own') return true;
  if (verdict === 'copy') return false;
  if (await findVerified(file, path, state, cache)) return true;
  // Published sizes are estimates.
  if (!mayHaveSize(state.size, file)) return false;
  if (verdict === undefined && options.strictMode === 0) return true;
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

const INDEX = 'index';

/** The facts in the list of hashes and in the index. */
async function otherIdentities(path: string, { cache }: TargetContext): Promise<readonly SidecarIdentity[]> {
  const listed = hasWeights(path) ? readListedSha256(path) : undefined;
  const known = await cache?.findByPath(path);
  return [
    ...(listed ? [{ source: listed.list, sha256: listed.sha256 }] : []),
    ...(known ? [{ ...known, source: INDEX }] : []),
  ];
}

/**
 * Judges by what is known of a file: it is the wanted one, perhaps an older copy, or another one, perhaps with the same
 * bytes. Returns undefined if nothing is known.
 */
function judge(
  identities: readonly SidecarIdentity[],
  version: ModelVersion,
  file: ModelFile,
): 'own' | 'other' | 'copy' | undefined {
  if (identities.some(({ fileId }) => fileId === file.id)) return 'own';
  const sha256 = file.hashes.get('SHA256');
  const same = identities.filter((one) => sha256 !== undefined && one.sha256 === sha256);
  if (same.length > 0) return same.some((one) => isOfOther(one, version)) ? 'copy' : 'own';
  if (identities.length === 0) return undefined;
  const isOnlyFile = version.files.filter(({ name }) => hasWeights(name)).length === 1;
  const isVersion = identities.some(
    ({ versionId, fileId }) => versionId === version.id && fileId === undefined,
  );
  return isVersion && isOnlyFile ? 'own' : 'other';
}

/** Whether a file is known as another one with the same bytes. A scan knows only their oldest owner. */
function isOfOther({ source, versionId, fileId }: SidecarIdentity, version: ModelVersion): boolean {
  if (fileId !== undefined) return true;
  return versionId !== undefined && versionId !== version.id && source !== INDEX;
}
