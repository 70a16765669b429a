import { existsSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';

/** A folder on another file system than the sandboxes; undefined if there is none. */
export const otherDisk = ['/dev/shm', '/var/tmp', '/tmp'].find(
  (folder) => existsSync(folder) && statSync(folder).dev !== statSync(tmpdir()).dev,
);
