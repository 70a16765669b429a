import { expect, it } from 'vitest';
import { expandHome, shortHash, sidecarPath, temporaryPath } from '../../src/disk/paths.js';
import { UsageError } from '../../src/errors.js';

it('A sidecar has the name of its target, or its hash if that is too long in bytes', () => {
  expect(sidecarPath('/models/a.ckpt', '.part')).toBe('/models/a.ckpt.part');
  expect(sidecarPath(`/models/${'é'.repeat(125)}`, '.part')).toBe(`/models/${'é'.repeat(125)}.part`);
  const long = 'é'.repeat(126);
  expect(sidecarPath(`/models/${long}`, '.part')).toBe(`/models/${shortHash(long, 16)}.part`);
  expect(sidecarPath(`/models/${'è'.repeat(126)}`, '.part')).not.toBe(
    sidecarPath(`/models/${long}`, '.part'),
  );
});

it('A temporary path is hidden, in the folder of its target', () => {
  for (const path of [temporaryPath('/models/a.ckpt'), temporaryPath('/models/a.ckpt', '/models/lock')])
    expect(path).toMatch(/^\/models\/\.[0-9a-f]{12}\.tmp$/);
});

it('A temporary path is the same for one target and lock, and another one without a lock', () => {
  const [target, lock] = ['/models/a.ckpt', '/models/lock'];
  expect(temporaryPath(target)).not.toBe(temporaryPath(target));
  expect(temporaryPath(target, lock)).toBe(temporaryPath(target, lock));
  expect(temporaryPath(target, lock)).not.toBe(temporaryPath(target, '/models/other lock'));
  expect(temporaryPath(target, lock)).not.toBe(temporaryPath('/models/b.ckpt', lock));
});

it.each([
  ['~', '/home/me'],
  ['~/models', '/home/me/models'],
  ['~other/models', '~other/models'],
  ['~\\models', '~\\models'],
  ['models/~', 'models/~'],
  ['', ''],
])('The home folder is expanded at the beginning only: %j', (path, expanded) => {
  expect(expandHome(path, '/home/me', '/')).toBe(expanded);
});

it.each([
  ['~', 'C:\\Users\\me'],
  ['~\\models', 'C:\\Users\\me\\models'],
  ['~/models', 'C:\\Users\\me/models'],
  ['~other\\models', '~other\\models'],
  ['models\\~', 'models\\~'],
  ['D:\\models', 'D:\\models'],
])('The home folder is expanded before both separators of Windows: %j', (path, expanded) => {
  expect(expandHome(path, 'C:\\Users\\me', '\\')).toBe(expanded);
});

it.each(['C:\\my models"', 'C:\\my models" -j 2', '~\\my models"', '"', '.\\x".zip'])(
  'A path with a quotation mark is refused on Windows, with the way out: %s',
  (path) => {
    expect(() => expandHome(path, 'C:\\Users\\me', '\\')).toThrow(
      new UsageError(
        'usage',
        `The path '${path}' contains a quotation mark. Type no backslash before the closing one.`,
      ),
    );
    expect(expandHome(path, '/home/me', '/')).toBe(path);
  },
);
