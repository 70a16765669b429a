import { dirname, join } from 'node:path';
import { statIfExists } from '../disk/files.js';
import { findMedia, readNames } from '../transfer/media.js';
import type { Plan } from './plan.js';
import { picturesOf } from './sidecar-files.js';

/** Returns the paths of what a finished plan has put on disk, except for the model file. */
export function writtenFiles({ documents, images, sidecars }: Plan): readonly string[] {
  const names = new Map<string, ReadonlySet<string>>();
  const namesIn = (directory: string) => {
    const known = names.get(directory) ?? readNames(directory);
    names.set(directory, known);
    return known;
  };
  const preview = sidecars?.preview;
  const folder = preview && dirname(preview.stem);
  return [
    ...documents.map(({ target }) => target),
    ...images.flatMap((task) => findMedia(task, namesIn(task.directory)) ?? []),
    // A format leaves out the file that another program's file makes superfluous.
    ...(sidecars?.tasks ?? [])
      .map(({ target }) => target)
      .filter((target) => statIfExists(target) !== undefined),
    ...(preview && folder ? picturesOf(preview.stem, namesIn(folder)).map((name) => join(folder, name)) : []),
  ];
}
