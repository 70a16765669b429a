import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { hasExited, identify, type LockOwner, parseLockOwner } from '../../src/disk/lock-owner.js';

/** On a disk of this machine. */
const path = join(tmpdir(), 'it.lock');
const processes = { pid: process.pid, isRunning: (pid: number) => pid === process.pid };
const isLinux = process.platform === 'linux';

async function owner(other: Partial<LockOwner> = {}): Promise<LockOwner> {
  return { ...(await identify(processes)), token: 'theirs', ...other };
}

it('A process is identified by number, host and, on Linux, by its start', async () => {
  const identity = await identify(processes);
  expect(identity).toMatchObject({ pid: process.pid, host: hostname() });
  expect(await identify(processes)).toEqual(identity);
  if (isLinux) {
    expect(identity.boot).toMatch(/^[0-9a-f-]{36}$/);
    expect(identity.start).toMatch(/^\d+$/);
  }
});

describe('an owner', () => {
  it('has not exited while it runs', async () => {
    expect(await hasExited(await owner(), processes, path)).toBe(isLinux ? false : undefined);
  });

  it.each<readonly [what: string, other: Partial<LockOwner>]>([
    ['its process does not run', { pid: process.pid + 1 }],
    ['the machine has been restarted', { boot: 'another' }],
  ])('has exited if %s', async (_what, other) => {
    expect(await hasExited(await owner(other), processes, path)).toBe(true);
  });

  it.runIf(isLinux)('has exited if another process has its number', async () => {
    expect(await hasExited(await owner({ start: '1' }), processes, path)).toBe(true);
  });

  it.each<readonly [where: string, other: Partial<LockOwner>]>([
    ['on another machine', { host: 'another' }],
    ['in another container', { namespace: 'pid:[1]' }],
    ['on a machine with the same name', { machine: 'another', boot: 'another' }],
    ['on a machine with the same name and without an id', { machine: undefined, boot: 'another' }],
    ['in another system on this machine', { machine: 'another', boot: undefined }],
  ])('cannot be examined %s', async (_where, other) => {
    expect(await hasExited(await owner(other), processes, path)).toBeUndefined();
  });
});

describe('the text of a lock file', () => {
  it('is read as it was written, also by other versions', async () => {
    const written = await owner();
    expect(parseLockOwner(JSON.stringify({ ...written, more: 1 }))).toEqual(written);
    const minimal = { pid: 1, host: 'another', token: 'theirs' };
    expect(parseLockOwner(JSON.stringify(minimal))).toEqual(minimal);
  });

  it.each(['', '{"pid": 1', 'null', '[]', '{"pid":1,"host":"a"}', '{"pid":"1","host":"a","token":"b"}'])(
    'is not one: %s',
    (text) => {
      expect(parseLockOwner(text)).toBeUndefined();
    },
  );
});
