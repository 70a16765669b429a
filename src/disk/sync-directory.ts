import { type DiskFile, openFile } from './open-file.js';

/** Makes new, renamed and removed files of a directory last through a power loss. */
export async function syncDirectory(path: string, open: typeof openFile = openFile): Promise<void> {
  let directory: DiskFile | undefined;
  try {
    directory = open(path, 'r');
    await directory.sync();
  } catch {
    // A system that does not open directories does not need this.
  } finally {
    directory?.close();
  }
}
