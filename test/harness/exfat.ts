import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe } from 'vitest';
import { test as base } from './fixture.js';

/** A file system on a file. */
interface Disk {
  /** The folder where it is mounted. */
  readonly root: string;
  unmount(): void;
}

const IMAGE_BYTES = 100_000_000;

/** The driver of the kernel, or else the one that runs as a program. */
const DRIVERS: readonly (readonly [program: string, ...args: readonly string[]])[] = [
  ['mount', '-t', 'exfat'],
  ['mount.exfat-fuse'],
];

/** Makes and mounts an exFAT disk. @throws an error that names the program that failed */
function mountExfat(parent: string): Disk {
  const dir = mkdtempSync(join(parent, 'civitdl-exfat-'));
  const [image, root] = [join(dir, 'image'), join(dir, 'disk')];
  let device: string | undefined;
  const remove = () => {
    if (device !== undefined) run('losetup', '--detach', device);
    rmSync(dir, { recursive: true, force: true });
  };
  try {
    mkdirSync(root);
    writeFileSync(image, '');
    truncateSync(image, IMAGE_BYTES);
    run('mkfs.exfat', image);
    device = run('losetup', '--find', '--show', image).trim();
    mountWithAny(device, root);
  } catch (error) {
    remove();
    throw error;
  }
  const unmount = () => {
    run('umount', root);
    remove();
  };
  return { root, unmount };
}

function mountWithAny(device: string, root: string): void {
  const problems: unknown[] = [];
  for (const [program, ...args] of DRIVERS) {
    try {
      run(program, ...args, device, root);
      return;
    } catch (error) {
      problems.push(error);
    }
  }
  throw problems.at(-1);
}

function run(program: string, ...args: readonly string[]): string {
  try {
    return execFileSync(program, args, { encoding: 'utf8', stdio: 'pipe' });
  } catch (error) {
    const { code, stderr } = error as { code?: string; stderr?: string };
    throw new Error(`${program} failed: ${stderr?.trim() || code}`, { cause: error });
  }
}

/** Why there can be no exFAT disk here; undefined if there can. */
function whyNoExfat(): string | undefined {
  if (process.platform !== 'linux' || process.geteuid?.() !== 0)
    return 'only the superuser of Linux can mount';
  try {
    mountExfat(tmpdir()).unmount();
    return undefined;
  } catch (error) {
    return String(error instanceof Error ? error.message : error);
  }
}

/** Describes tests on an exFAT disk, which ignores case. They are skipped where it cannot be mounted. */
export function describeOnExfat(name: string, tests: () => void): void {
  const reason = whyNoExfat();
  if (reason !== undefined)
    process.stderr.write(
      `NOT TESTED: ${name}. ${reason}. It needs the packages exfat-fuse and exfatprogs.\n`,
    );
  describe.skipIf(reason !== undefined)(name, tests);
}

/** A test whose sandbox is on an exFAT disk. */
export const it = base
  .extend('diskParent', { scope: 'file' }, tmpdir())
  .extend('disk', { scope: 'file' }, ({ diskParent }, { onCleanup }) => {
    const disk = mountExfat(diskParent);
    onCleanup(() => disk.unmount());
    return disk;
  })
  .extend('sandboxParent', ({ disk }) => disk.root);
