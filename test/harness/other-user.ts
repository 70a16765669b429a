import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import type { TestContext } from 'vitest';
import { binary, type CommandOptions } from './command.js';

/** A user who owns nothing, on every system that knows one. */
const NOBODY = 65_534;
const isSuperuser = process.geteuid?.() === 0;

/** A folder for sandboxes that the user of `otherUser` can reach: `TMPDIR` may be private. */
export const sharedFolder = [tmpdir(), '/tmp', '/var/tmp', '/dev/shm'].find(canReach) ?? tmpdir();

/**
 * Returns options to run a command as a user to whom files can be forbidden: the superuser may read and write
 * everything. Skips the test if that user cannot run it.
 */
export function otherUser(skip: TestContext['skip']): CommandOptions {
  if (!isSuperuser) return {};
  const unreachable = [process.execPath, binary('civitdl'), sharedFolder].find((path) => !canReach(path));
  skip(unreachable !== undefined, `NOT TESTED: ANOTHER USER CANNOT REACH ${unreachable}`);
  return { uid: NOBODY };
}

function canReach(path: string): boolean {
  if (!isSuperuser) return true;
  return spawnSync('test', ['-r', path], { uid: NOBODY, gid: NOBODY }).status === 0;
}
