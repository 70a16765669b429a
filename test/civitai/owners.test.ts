import { expect, onTestFinished } from 'vitest';
import { createClient } from '../../src/civitai/client.js';
import { ownersSchema } from '../../src/civitai/schema.js';
import { createHttp } from '../../src/http/client.js';
import { createDispatcher } from '../../src/http/undici.js';
import { ids } from '../fake-civitai/catalog.js';
import { fileHash } from '../harness/catalog-bytes.js';
import { civitai, it } from '../harness/fixture.js';

it('The owners of any number of files are asked for in requests of ten thousand', async () => {
  const http = createHttp({
    dispatcher: await createDispatcher({ timeout: 5_000 }),
    userAgent: 'test/1',
    credential: undefined,
    now: Date.now,
  });
  onTestFinished(() => http.close());
  const retry = { retries: 0, sleep: async () => {}, random: () => 0.5, onRetry: () => {} };
  const client = createClient({ http, baseUrl: new URL(civitai.url), hasKey: false, retry });
  const nobody = Array.from({ length: 10_000 }, (_, index) => index.toString(16).padStart(64, '0'));
  const [first, last] = [fileHash(ids.anything.file, 'SHA256'), fileHash(ids.sharedHash.newerFile, 'SHA256')];
  const hashes = [first.toLowerCase(), ...nobody, last];
  expect(await client.getOwners(hashes, new AbortController().signal)).toEqual(
    new Map([
      [first, { modelId: ids.anything.model, versionId: ids.anything.version }],
      // Of two versions with the same file, the older one.
      [last, { modelId: ids.sharedHash.model, versionId: ids.sharedHash.olderVersion }],
    ]),
  );
  const bodies = civitai.requestsTo('owners').map(({ body }) => JSON.parse(body).length);
  expect(bodies).toEqual([10_000, 2]);
});

it('Owners may be null, or be there twice, but not be anything else', () => {
  const owner = { modelId: 1, modelVersionId: 2, hash: 'AB', more: true };
  expect(ownersSchema.safeParse([null, owner, owner]).success).toBe(true);
  for (const wrong of [{}, [1], [{ ...owner, modelId: 0 }], [{ ...owner, hash: null }]])
    expect(ownersSchema.safeParse(wrong).success).toBe(false);
});
