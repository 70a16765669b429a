import { mkdirSync, symlinkSync } from 'node:fs';
import { expect, onTestFinished } from 'vitest';
import { createClient } from '../../src/civitai/client.js';
import { NotFoundError, UsageError } from '../../src/errors.js';
import { createHttp } from '../../src/http/client.js';
import { createDispatcher } from '../../src/http/undici.js';
import { readPictureFile } from '../../src/pictures/picture-file.js';
import { pictureKindOf } from '../../src/pictures/picture-kind.js';
import { resolveReferences } from '../../src/pictures/resolve-references.js';
import { ids } from '../fake-civitai/catalog.js';
import { fileHash } from '../harness/catalog-bytes.js';
import { civitai, it, offlineTest, sandbox } from '../harness/fixture.js';
import { jpeg, plainText, png, webp } from './build-picture.js';

const kinds = {
  png: png([]),
  jpeg: jpeg(),
  webp: webp(),
  json: Buffer.from('\ufeff \n{"nodes": []}'),
};

offlineTest.for(Object.entries(kinds))('recognizes a picture by its first bytes: %s', ([kind, bytes]) => {
  expect(pictureKindOf(bytes)).toBe(kind);
});

offlineTest.for(['', '191977\n191978', 'GIF89a', 'RIFF\0\0\0\0WAVE', '\x89PN', '[1]'])(
  'does not take another file for a picture: %j',
  (text) => {
    expect(pictureKindOf(Buffer.from(text, 'latin1'))).toBeUndefined();
  },
);

offlineTest.for(
  Object.entries({
    'an empty PNG': [
      kinds.png,
      'has no metadata of a tool that makes pictures. Most sites remove it: use the original file.',
    ],
    'an empty JPEG': [
      kinds.jpeg,
      'has no metadata of a tool that makes pictures. Most sites remove it: use the original file.',
    ],
    'an empty WebP': [
      kinds.webp,
      'has no metadata of a tool that makes pictures. Most sites remove it: use the original file.',
    ],
    'a picture of another program': [
      png([plainText('Comment', 'Made with a camera')]),
      'has metadata, but it does not name a model.',
    ],
  } as const),
)('says that a picture names no model: %s', async ([, [bytes, problem]]) => {
  const path = await sandbox.write('a picture.png', bytes);
  await expect(readPictureFile(path)).rejects.toThrow(new NotFoundError('no-models', `'${path}' ${problem}`));
});

offlineTest('says that a workflow names no model', async () => {
  const path = await sandbox.write('workflow.json', kinds.json);
  await expect(readPictureFile(path)).rejects.toThrow(
    new NotFoundError('no-models', `The workflow '${path}' does not name a model.`),
  );
});

offlineTest.for(
  Object.entries({
    text: ['models: 5', 'is not a PNG, JPEG or WebP, and not a workflow of ComfyUI.'],
    nothing: ['', 'is not a PNG, JPEG or WebP, and not a workflow of ComfyUI.'],
    'other JSON': ['{"dependencies": {}}', 'is not a workflow of ComfyUI: it has no valid list of nodes.'],
    'broken JSON': ['{"nodes": [', 'is not a workflow of ComfyUI: it has no valid list of nodes.'],
  }),
)('refuses a file that is no picture: %s', async ([, [content = '', problem]]) => {
  const path = await sandbox.write('file.png', content);
  await expect(readPictureFile(path)).rejects.toThrow(new UsageError('bad-source', `'${path}' ${problem}`));
});

offlineTest('refuses what is not a file, without waiting for it', async () => {
  const [folder, missing, loop] = [sandbox.path('folder'), sandbox.path('missing.png'), sandbox.path('loop')];
  mkdirSync(folder);
  symlinkSync(loop, loop);
  const refused = (path: string, message: string) =>
    expect(readPictureFile(path)).rejects.toThrow(new UsageError('bad-source', message));
  await refused(folder, `'${folder}' is a folder, not a picture.`);
  await refused('/dev/null', "'/dev/null' is not a file, not a picture.");
  await refused(missing, `Cannot read the picture '${missing}': file or folder not found.`);
  await refused(loop, `Cannot read the picture '${loop}': it is a link, or leads through too many of them.`);
});

offlineTest('follows a link', async () => {
  const link = sandbox.path('link');
  symlinkSync(
    await sandbox.write('x.json', '{"1": {"class_type": "A", "inputs": {"vae_name": "sharp"}}}'),
    link,
  );
  expect(await readPictureFile(link)).toMatchObject([{ kind: 'name', name: 'sharp' }]);
});

it('finds the models of a picture on Civitai', async () => {
  const http = createHttp({
    dispatcher: await createDispatcher({ timeoutMs: 5_000 }),
    userAgent: 'test/1',
    credential: undefined,
    now: Date.now,
  });
  onTestFinished(() => http.close());
  const retry = { retries: 0, sleep: async () => {}, random: () => 0.5, onRetry: () => {} };
  const client = createClient({ http, baseUrl: new URL(civitai.url), hasKey: () => false, retry });
  const [whole, short] = [
    fileHash(ids.sharedHash.newerFile, 'SHA256'),
    fileHash(ids.anything.file, 'SHA256'),
  ];
  const text = `x\nSteps: 20, Sampler: Euler, Model hash: ${short.slice(0, 10).toLowerCase()}, Model: shared, Hashes: {"lora:any": "${whole}", "lora:gone": "0123456789"}`;
  const path = await sandbox.write('picture.png', png([plainText('parameters', text)]));
  const { found, unresolved } = await resolveReferences(
    await readPictureFile(path),
    client,
    new AbortController().signal,
  );
  expect(found).toMatchObject([
    { versionId: ids.sharedHash.olderVersion, modelId: ids.sharedHash.model },
    { versionId: ids.anything.version, modelId: ids.anything.model },
  ]);
  expect(unresolved).toEqual([{ name: 'gone', reason: 'Civitai has no file with the hash 0123456789' }]);
});
