import { execFileSync } from 'node:child_process';
import { linkSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname } from 'node:path';
import { onTestFinished } from 'vitest';

/** What others can put in the place of a file. Windows has only some of them. */
export const foreignKinds = [
  'link',
  'broken link',
  'link to a folder',
  'hard link',
  'link to a device',
  'FIFO',
  'socket',
  'folder',
] as const;

export type ForeignKind = (typeof foreignKinds)[number];

/** A file of somebody else. */
export interface Victim {
  readonly path: string;
  isUntouched(): boolean;
}

const TEXT = 'a file of somebody else';

/** Puts something in the place of a file. A link leads to the victim. */
export async function putForeign(kind: ForeignKind, path: string, victimPath: string): Promise<Victim> {
  mkdirSync(dirname(path), { recursive: true });
  mkdirSync(dirname(victimPath), { recursive: true });
  writeFileSync(victimPath, TEXT);
  await makers[kind](path, victimPath);
  return {
    path: victimPath,
    isUntouched: () => readFileSync(victimPath, 'utf8') === TEXT,
  };
}

const makers: Readonly<Record<ForeignKind, (path: string, victim: string) => unknown>> = {
  link: (path, victim) => symlinkSync(victim, path),
  'broken link': (path, victim) => symlinkSync(`${victim}.missing`, path),
  'link to a folder': (path, victim) => symlinkSync(dirname(victim), path),
  'hard link': (path, victim) => linkSync(victim, path),
  'link to a device': (path) => symlinkSync('/dev/zero', path),
  FIFO: (path) => execFileSync('mkfifo', [path]),
  socket: listen,
  folder: (path) => mkdirSync(path),
};

function listen(path: string): Promise<void> {
  const server = createServer();
  onTestFinished(() => void server.close());
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, resolve);
  });
}
