import { dirname } from 'node:path';
import { unavailableReason } from '../civitai/availability.js';
import { fileCautions, modelCautions } from '../civitai/cautions.js';
import type { Model, ModelFile } from '../civitai/model.js';
import { type Resolved, resolve } from '../civitai/resolve.js';
import { statIfExists } from '../disk/files.js';
import { PART, sidecarPath } from '../disk/paths.js';
import { type CautionError, CivitdlError } from '../errors.js';
import type { AppSidecars } from '../sidecars/app-sidecars.js';
import { confineToRoot } from '../sorter/directories.js';
import type { Directories } from '../sorter/sorter.js';
import type { RunContext } from './context.js';
import type { Planned, SourceText, Warning } from './events.js';
import { withAllImages } from './example-images.js';
import { predictOrigin } from './local-copies.js';
import { createSharedParts, type PlanInput, plan, type SelectedFile, type SharedParts } from './plan.js';
import { findRenamedFile } from './renamed-file.js';
import type { SourceRequest } from './sources.js';
import { chooseTarget } from './target-choice.js';
import type { ChosenTarget } from './target-names.js';

export interface PreparedItem {
  readonly subject: SourceText;
  readonly resolved: Resolved;
  readonly files: readonly PreparedFile[];
  readonly warnings: readonly Warning[];
}

export type PreparedFile = PlannedFile | (SelectedFile & { readonly error: unknown });

/** A file of a version, with what it has in common with the others. */
interface SharedFile extends SelectedFile {
  readonly shared: SharedParts;
}

export interface PlannedFile extends SelectedFile {
  readonly directories: Directories;
  readonly planned: Planned;
  readonly shared?: SharedParts;
  /** Undefined if the name of the model file has the ids of model and version. */
  readonly chosen?: ChosenTarget;
}

/**
 * Resolves an item and plans its files. Changes nothing. The error of a single file is returned with the file.
 * @param turn settles when all earlier items have their names: of two files with one name, the earlier keeps it
 */
export async function prepareItem(
  { source, text, list, origin }: SourceRequest,
  run: RunContext,
  turn: Promise<void> = Promise.resolve(),
): Promise<PreparedItem> {
  const { client, signal, choice, selection, ask, runtime } = run;
  const warnings: Warning[] = [];
  const warn = (error: unknown, consequence?: string) => warnings.push({ error, consequence });
  const resolved = await resolve(source, {
    ...{ client, signal, choice, selection, ask, warn },
    now: runtime.now(),
  });
  const version = await withAllImages(resolved.model, resolved.version, run, (error) =>
    warn(error, 'Continuing with the images and prompts that are known without it.'),
  );
  const hasSidecars = run.sidecars.formats.length > 0;
  const shared = createSharedParts(resolved.model, version, hasSidecars);
  const selected = resolved.files.map((file) => ({ model: resolved.model, version, file, shared }));
  const files = run.hasOriginalNames
    ? await prepareInTurn(selected, turn, run)
    : await Promise.all(selected.map((one) => prepareFile(one, run)));
  for (const caution of cautionsOf(resolved.model, files)) warn(caution);
  return { subject: { text, ...(list !== undefined && { list }), origin }, resolved, files, warnings };
}

/** What is on disk already has been told of when it was downloaded. */
function cautionsOf(model: Model, files: readonly PreparedFile[]): readonly CautionError[] {
  const fetched = files.filter(
    (file) => 'planned' in file && file.planned.from !== undefined && file.planned.from !== 'present',
  );
  if (fetched.length === 0) return [];
  return [...modelCautions(model), ...fetched.flatMap(({ file }) => fileCautions(file))];
}

async function prepareInTurn(
  selected: readonly SharedFile[],
  turn: Promise<void>,
  run: RunContext,
): Promise<readonly PreparedFile[]> {
  await turn;
  const files: PreparedFile[] = [];
  for (const one of selected) files.push(await prepareFile(one, run));
  return files;
}

/** Plans a file, perhaps again after its name was taken. */
export async function prepareFile(selected: SharedFile, run: RunContext): Promise<PreparedFile> {
  try {
    return { ...selected, ...(await planFile(selected, run)) };
  } catch (error) {
    return { ...selected, error };
  }
}

async function planFile(
  selected: SharedFile,
  run: RunContext,
): Promise<Pick<PlannedFile, 'directories' | 'planned' | 'chosen'>> {
  const { options, runtime, hasOriginalNames } = run;
  const { model, version, file } = selected;
  const { directories, alternatives, notes } = await chooseDirectories(selected, run);
  const input = { ...selected, directories, options };
  const chosen = hasOriginalNames
    ? await chooseTarget(selected, { directory: directories.model, alternatives }, selected.shared, run)
    : await findUnderEarlierName(input, run);
  const folder = chosen ? dirname(chosen.target) : directories.model;
  const filePlan = plan({ ...input, chosen, sidecars: sidecarsOf(selected, folder, run) });
  const task = filePlan.modelFile;
  const from = task && (await predictOrigin(task, run));
  const missing = task && from === 'network' ? missingBytes(task.target, file) : 0;
  const reason = unavailableReason(model, version, runtime.now());
  const planned = { plan: filePlan, from, missing, notes, unavailableReason: reason };
  return { directories, planned, ...(chosen && { chosen }) };
}

/** SD.Next takes each JSON file in a subfolder of its VAEs for a VAE. */
function sidecarsOf(
  { model, file }: SelectedFile,
  folder: string,
  { sidecars, found, layout }: RunContext,
): AppSidecars {
  const isVae = model.type === 'VAE' || file.type === 'VAE';
  const isSdNext = (layout?.app ?? found?.app) === 'sdnext';
  if (!isVae || !isSdNext || folder === layout?.folderOf('vae')) return sidecars;
  return {
    ...sidecars,
    formats: sidecars.formats.filter((format) => ['sha256', 'model-manager'].includes(format)),
  };
}

async function findUnderEarlierName(
  input: PlanInput & { readonly shared: SharedParts },
  run: RunContext,
): Promise<ChosenTarget | undefined> {
  const { modelFile } = plan(input);
  const target = modelFile && (await findRenamedFile(modelFile, input.shared.currentNames, run));
  return target === undefined ? undefined : { target, mustBeFree: false, isListTaken: false };
}

interface ChosenDirectories {
  readonly directories: Directories;
  /** Other folders in which the model file may be. */
  readonly alternatives: readonly string[];
  readonly notes: readonly string[];
}

/** The folders of an application can be outside the root directory: the user has set them there. */
async function chooseDirectories(
  { model, version, file }: SelectedFile,
  run: RunContext,
): Promise<ChosenDirectories> {
  const { layout, sorter, rootDir } = run;
  if (layout) {
    const needsTensors = layout.needsTensors(model, version, file);
    const isComplete = needsTensors ? await isCompleteCheckpoint(file, run) : undefined;
    return layout.place(model, version, file, isComplete);
  }
  const directories = confineToRoot(await sorter(model, version, file, rootDir), rootDir);
  return { directories, alternatives: [], notes: [] };
}

/** Returns undefined if the server does not tell: then the base model decides. */
async function isCompleteCheckpoint(
  { id, name }: ModelFile,
  { client, signal, trace }: RunContext,
): Promise<boolean | undefined> {
  try {
    return await client.isCompleteCheckpoint(id, signal);
  } catch (error) {
    if (!(error instanceof CivitdlError)) throw error;
    trace(`the tensors of ${name} are not known: ${error.message}`);
    return undefined;
  }
}

/** Bytes of a file that are not in the part file of an earlier run. */
function missingBytes(target: string, { size = 0 }: ModelFile): number {
  const part = statIfExists(sidecarPath(target, PART));
  // A part file has holes if several connections write it: its length says little, its size on disk is right.
  return Math.max(0, size - Math.min(part?.size ?? 0, (part?.blocks ?? 0) * 512));
}
