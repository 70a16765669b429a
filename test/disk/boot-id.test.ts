import { expect, it } from 'vitest';
import { bootId, linuxBootId } from '../../src/disk/boot-id.js';

it('stays the same until the next start', () => {
  const id = bootId();
  expect(id).not.toBe('');
  expect(bootId()).toBe(id);
});

it.runIf(process.platform === 'linux')("is the system's own on Linux", () => {
  expect(linuxBootId()).toMatch(/^[0-9a-f-]{36}$/);
  expect(bootId()).toBe(linuxBootId());
});
