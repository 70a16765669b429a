import { basename, dirname, join, sep } from 'node:path';
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
    (path) => new FolderNames(path, run.layout ? run.subfolders.in(path) : []),
  );
  const [folder] = folders as [FolderNames];
  const choose = (target: string, mustBeFree: boolean): ChosenTarget => {
    run.reservedNames.reserve({ directory: dirname(target), name: basename(target) }, owner);
    return { target, mustBeFree, isListTaken: isListTaken(target) };
  };
  const existing =
    (await findOwn(folders, candidateNames(selected, shared), selected, run)) ??
    (await findBelow(folders, file, run));
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
  names: readonly string[],
  selected: SelectedFile,
  run: TargetContext,
): Promise<string | undefined> {
  for (const path of folders.flatMap((folder) => names.flatMap((name) => folder.find(name))))
    if (await isOwn(path, selected, run)) return path;
  return undefined;
}

/** Returns where an unchanged, verified copy is in the folders or below: applications load it from there, too. */
async function findBelow(
  folders: readonly FolderNames[],
  file: ModelFile,
  { cache }: TargetContext,
): Promise<string | undefined> {
  const known = cache ? await knownFiles(file, cache) : [];
  const sha256 = file.hashes.get('SHA256');
  const isBelow = (path: string) => folders.some((folder) => path.startsWith(join(folder.path, sep)));
  return known.find(
    (one) => isBelow(one.path) && one.sha256 === sha256 && sameFingerprint(one, fingerprint(one.path)),
  )?.path;
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
