import { afterEach, describe, expect, vi } from 'vitest';
import { isLocalDisk, machineId } from '../../src/disk/machine.js';
import { setFaults } from '../harness/faulty-fs.js';
import { offlineTest as it, sandbox } from '../harness/fixture.js';

const interfaces = vi.hoisted(() => ({ current: {} as object }));
vi.mock('node:fs', async (original) =>
  (await import('../harness/faulty-fs.js')).faultyFs(await original<object>()),
);
vi.mock('node:os', async (original) => ({
  ...(await original<object>()),
  networkInterfaces: () => interfaces.current,
}));
afterEach(() => void setFaults());

const noFile = { call: 'readFile', path: 'machine-id', code: 'ENOENT' };
const card = (mac: string, internal = false) => [{ mac, internal }];

describe('the id of a machine', () => {
  it('is not the confidential one of the system, and does not change', () => {
    interfaces.current = { eth0: card('02:00:00:00:00:01') };
    expect(machineId()).toMatch(/^[0-9a-f]{16}$/);
    expect(machineId()).toBe(machineId());
  });

  it('depends on its network cards where the system has none', () => {
    setFaults(noFile);
    const ids = [
      { eth0: card('02:00:00:00:00:01') },
      { eth0: card('02:00:00:00:00:02') },
      { eth0: card('02:00:00:00:00:01'), wifi: card('02:00:00:00:00:03') },
    ].map((current) => {
      interfaces.current = current;
      return machineId();
    });
    expect(new Set(ids).size).toBe(3);
    interfaces.current = { wifi: card('02:00:00:00:00:03'), lan: card('02:00:00:00:00:01') };
    expect(machineId()).toBe(ids[2]);
  });

  it.each([
    ['no interface', {}],
    ['only itself', { lo: card('00:00:00:00:00:00', true) }],
    ['only a tunnel', { tun0: card('00:00:00:00:00:00') }],
  ])('is unknown if it has %s', (_what, current) => {
    setFaults(noFile);
    interfaces.current = current;
    expect(machineId()).toBeUndefined();
  });
});

describe('the disk of a lock', () => {
  it.each([
    ['ext4', 0xef53, true],
    ['Btrfs', 0x9123683e, true],
    ['NFS', 0x6969, false],
    ['SMB', 0xfe534d42, false],
    ['FUSE', 0x65735546, false],
    ['9P', 0x01021997, false],
    ['Windows', 0, false],
  ])('may be local: %s', (_what, type, isLocal) => {
    setFaults({ call: 'statfs', returns: { type } });
    expect(isLocalDisk(sandbox.path('it.lock'))).toBe(isLocal);
  });

  it('is not known to be local if the system does not tell', () => {
    setFaults({ call: 'statfs', code: 'ENOSYS' });
    expect(isLocalDisk(sandbox.path('it.lock'))).toBe(false);
  });
});
