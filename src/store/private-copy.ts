import { readFile } from 'node:fs/promises';
import { writeAtomic } from '../atomic-file.js';
import { fileFailure } from '../file-failure.js';

/**
 * Copies a file to where only its owner can change it; missing folders are made.
 * @throws FileSystemError
 */
export async function copyPrivate(source: string, target: string): Promise<void> {
  const content = await readFile(source).catch((error: unknown) => {
    throw fileFailure(error, source, 'read');
  });
  await writeAtomic(target, content, { mode: 0o600, directoryMode: 0o700 });
}
