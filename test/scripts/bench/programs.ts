import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Programs that the benchmark runs, by the Debian packages that contain them. */
const PACKAGES = {
  nginx: 'nginx-light',
  curl: 'curl',
  aria2c: 'aria2',
  openssl: 'openssl',
  sha256sum: 'coreutils',
  sync: 'coreutils',
  time: 'time',
  stat: 'coreutils',
} as const;

type ProgramName = keyof typeof PACKAGES;

/** Absolute paths. */
export type Programs = Readonly<Record<ProgramName, string>>;

/**
 * Finds the programs; the benchmark installs nothing.
 * @param searchPath as in PATH
 * @throws Error that lists the missing ones and how to get them
 */
export function findPrograms(searchPath: string): Programs {
  // PATH often lacks /usr/sbin, the folder of servers.
  const folders = [...searchPath.split(delimiter), '/usr/sbin', '/usr/local/sbin', '/usr/bin'];
  const names = Object.keys(PACKAGES) as ProgramName[];
  const found = names.map((name) => [name, findProgram(name, folders)] as const);
  const missing = found.filter(([, path]) => path === undefined).map(([name]) => name);
  if (missing.length > 0) throw new Error(missingText(missing));
  return Object.fromEntries(found) as Programs;
}

function findProgram(name: string, folders: readonly string[]): string | undefined {
  return folders.map((folder) => join(folder, name)).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function missingText(missing: readonly ProgramName[]): string {
  const packages = [...new Set(missing.map((name) => PACKAGES[name]))].join(' ');
  return `Missing: ${missing.join(', ')}. On Debian or Ubuntu: apt-get install --no-install-recommends ${packages}
(An nginx that its package has started is not needed: systemctl disable --now nginx)`;
}
