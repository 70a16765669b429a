import { expect, onTestFinished } from 'vitest';
import { createClient } from '../../src/civitai/client.js';
import { createHttp } from '../../src/http/client.js';
import { createDispatcher } from '../../src/http/undici.js';
import { ids } from '../fake-civitai/catalog.js';
import { fileHash } from '../harness/catalog-bytes.js';
import { civitai, it } from '../harness/fixture.js';

it('requests the owners of files in pages of 10,000 hashes', async () => {
  const http = createHttp({
    dispatcher: await createDispatcher({ timeoutMs: 5_000 }),
    userAgent: 'test/1',
    credential: undefined,
    now: Date.now,
  });
  onTestFinished(() => http.close());
  const retry = { retries: 0, sleep: async () => {}, random: () => 0.5, onRetry: () => {} };
  const client = createClient({ http, baseUrl: new URL(civitai.url), hasKey: () => false, retry });
  const unknown = Array.from({ length: 10_000 }, (_, index) => index.toString(16).padStart(64, '0'));
  const [first, last] = [fileHash(ids.anything.file, 'SHA256'), fileHash(ids.sharedHash.newerFile, 'SHA256')];
  const hashes = [first.toLowerCase(), ...unknown, last];
  expect(await client.getOwners(hashes, new AbortController().signal)).toEqual(
    new Map([
      [first, { modelId: ids.anything.model, versionId: ids.anything.version }],
      // The older of two versions with the same file.
      [last, { modelId: ids.sharedHash.model, versionId: ids.sharedHash.olderVersion }],
    ]),
  );
  const bodies = civitai.requestsTo('owners').map(({ body }) => JSON.parse(body).length);
  expect(bodies).toEqual([10_000, 2]);
});
