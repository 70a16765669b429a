import { readFileSync, statfsSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { dirname } from 'node:path';
import { shortHash } from './paths.js';

/** Types of Linux file systems that only one machine uses: ext, XFS, Btrfs, tmpfs, overlayfs, F2FS, ZFS, FAT, exFAT, NTFS. */
const LOCAL_TYPES = new Set([
  0xef53, 0x58465342, 0x9123683e, 0x01021994, 0x794c7630, 0xf2f52010, 0x2fc12fc1, 0x4d44, 0x2011bab0,
  0x7366746e,
]);

/** Tunnels have no address. */
const NO_ADDRESS = '00:00:00:00:00:00';

/** Returns a text that other machines with the same host name do not have; undefined if the system provides none. */
export function machineId(): string | undefined {
  const id = linuxMachineId() || hardwareAddresses();
  // The id itself is confidential, see machine-id(5).
  return id === '' ? undefined : shortHash(`civitdl ${id}`, 16);
}

function linuxMachineId(): string {
  try {
    return readFileSync('/etc/machine-id', 'utf8').trim();
  } catch {
    return '';
  }
}

function hardwareAddresses(): string {
  const addresses = Object.values(networkInterfaces()).flatMap((interfaces = []) =>
    interfaces.filter(({ internal, mac }) => !internal && mac !== NO_ADDRESS).map(({ mac }) => mac),
  );
  return [...new Set(addresses)].sort().join(' ');
}

/** Whether a file is on a disk that no other machine uses, as far as the system tells. */
export function isLocalDisk(path: string): boolean {
  try {
    return LOCAL_TYPES.has(statfsSync(dirname(path)).type);
  } catch {
    return false;
  }
}
