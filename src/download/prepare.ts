import { unavailableReason } from '../civitai/availability.js';
import type { ModelFile, ModelVersion } from '../civitai/model.js';
import { type Resolved, resolve } from '../civitai/resolve.js';
import { statIfExists } from '../disk/files.js';
import { PART, sidecarPath } from '../disk/paths.js';
import { confineToRoot } from '../sorter/directories.js';
import type { Directories } from '../sorter/sorter.js';
import type { RunContext } from './context.js';
import type { Planned, SourceText, Warning } from './events.js';
import { withAllImages } from './example-images.js';
import { predictOrigin } from './local-copies.js';
import { createSharedParts, plan, type SelectedFile, type SharedParts } from './plan.js';
import { findRenamedFile } from './renamed-file.js';
import type { SourceRequest } from './sources.js';

export interface PreparedItem {
  readonly subject: SourceText;
  readonly resolved: Resolved;
  readonly files: readonly PreparedFile[];
  readonly warnings: readonly Warning[];
}

export type PreparedFile = PlannedFile | (SelectedFile & { readonly error: unknown });

export interface PlannedFile extends SelectedFile {
  readonly directories: Directories;
  readonly planned: Planned;
}

/** Resolves an item and plans its files. Changes nothing. The error of a single file is returned with the file. */
export async function prepareItem(
  { source, text, origin }: SourceRequest,
  run: RunContext,
): Promise<PreparedItem> {
  const { client, signal, choice, runtime } = run;
  const warnings: Warning[] = [];
  const warn = (error: unknown, consequence?: string) => warnings.push({ error, consequence });
  const resolved = await resolve(source, { client, signal, choice, now: runtime.now(), warn });
  const version = await withAllImages(resolved.model, resolved.version, run, (error) =>
    warn(error, 'Continuing with the images and prompts that are known without it.'),
  );
  const shared = createSharedParts(resolved.model, version);
  const files = await Promise.all(
    resolved.files.map(async (file): Promise<PreparedFile> => {
      const selected = { model: resolved.model, version, file };
      try {
        return { ...selected, ...(await planFile(selected, resolved.version, shared, run)) };
      } catch (error) {
        return { ...selected, error };
      }
    }),
  );
  return { subject: { text, origin }, resolved, files, warnings };
}

/** @param listed the version as its own endpoint returns it, for the sorter */
async function planFile(
  { model, version, file }: SelectedFile,
  listed: ModelVersion,
  shared: SharedParts,
  run: RunContext,
): Promise<{ readonly directories: Directories; readonly planned: Planned }> {
  const { sorter, rootDir, options, runtime } = run;
  const directories = confineToRoot(await sorter(model, listed, file, rootDir), rootDir);
  const input = { model, version, file, directories, options, shared };
  const { modelFile } = plan(input);
  const target = modelFile && (await findRenamedFile(modelFile, shared.currentNames, run));
  const filePlan = plan({ ...input, target });
  const task = filePlan.modelFile;
  const from = task && (await predictOrigin(task, run));
  const missing = task && from === 'network' ? missingBytes(task.target, file) : 0;
  const reason = unavailableReason(model, version, runtime.now());
  return { directories, planned: { plan: filePlan, from, missing, unavailableReason: reason } };
}

/** Bytes of a file that are not in the part file of an earlier run. */
function missingBytes(target: string, { size = 0 }: ModelFile): number {
  const part = statIfExists(sidecarPath(target, PART));
  // A part file has holes if several connections write it: its length says little, its size on disk is right.
  return Math.max(0, size - Math.min(part?.size ?? 0, (part?.blocks ?? 0) * 512));
}
