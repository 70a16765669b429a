import { describe, expect, it } from 'vitest';
import type { ModelVersion } from '../../src/civitai/model.js';
import {
  AccessError,
  InterruptedError,
  NetworkError,
  NotFoundError,
  RateLimitError,
} from '../../src/errors.js';
import {
  hashReference,
  type ModelRole,
  nameReference,
  type Reference,
  versionReference,
} from '../../src/pictures/reference.js';
import { type HashClient, resolveReferences } from '../../src/pictures/resolve-references.js';

const sha256 = 'ABCDEF0123456789'.repeat(4);
const other = '9876543210FEDCBA'.repeat(4);
const { signal } = new AbortController();

function version(
  id: number,
  hashes: Readonly<Record<string, string>>,
  name = 'lantern_v2.safetensors',
): ModelVersion {
  const file = { id, name, type: 'Model', hashes: new Map(Object.entries(hashes)), primary: true };
  return {
    id,
    modelId: 10 * id,
    name: 'v2',
    baseModel: 'SDXL 1.0',
    files: [file],
    images: [],
    model: { name: 'Paper Lantern' },
    json: {},
  };
}

interface FakeClient extends HashClient {
  readonly asked: readonly (string | readonly string[])[];
}

/** Answers by-hash as the API does: by the exact hash of any type. */
function fakeClient(
  versions: readonly ModelVersion[],
  failures: Readonly<Record<string, Error>> = {},
): FakeClient {
  const asked: (string | readonly string[])[] = [];
  const find = (hash: string) =>
    versions.find(({ files }) => files.some(({ hashes }) => [...hashes.values()].includes(hash)));
  const failFor = (hash: string) => {
    if (failures[hash]) throw failures[hash];
  };
  return {
    asked,
    async getOwners(hashes) {
      asked.push(hashes);
      failFor('owners');
      return new Map(
        hashes.flatMap((hash) => {
          const found = find(hash);
          return found ? [[hash, { modelId: 10 * found.id, versionId: found.id }] as const] : [];
        }),
      );
    },
    async getModelVersionByHash(hash) {
      asked.push(hash);
      failFor(hash);
      const found = find(hash);
      if (!found) throw new NotFoundError('not-found', `A file with the hash ${hash} was not found.`);
      return found;
    },
  };
}

/** A reference by a hash as a tool writes it. */
function hash(text: string, role: ModelRole = 'lora', name = 'ink'): Reference {
  const reference = hashReference(text, role, name);
  if (!reference) throw new Error(`${text} is no hash.`);
  return reference;
}

interface Case {
  readonly reference: Reference;
  readonly versions: readonly ModelVersion[];
  readonly asked: readonly (string | readonly string[])[];
  /** Undefined if it is not resolved. */
  readonly found: number | undefined;
}

const [twelve, ten] = [sha256.slice(0, 12), sha256.slice(0, 10)];
const cases: Readonly<Record<string, Case>> = {
  SHA256: {
    reference: hash(sha256.toLowerCase()),
    versions: [version(1, { SHA256: sha256 })],
    asked: [[sha256]],
    found: 1,
  },
  'SHA256, unknown': { reference: hash(sha256), versions: [], asked: [[sha256]], found: undefined },
  BLAKE3: {
    reference: hash(`blake3:${sha256}`),
    versions: [version(1, { BLAKE3: sha256 })],
    asked: [sha256],
    found: 1,
  },
  'BLAKE3 that is a SHA256': {
    reference: hash(`blake3:${sha256}`),
    versions: [version(1, { SHA256: sha256 })],
    asked: [sha256],
    found: undefined,
  },
  AutoV2: {
    reference: hash(ten),
    versions: [version(1, { AutoV2: ten, SHA256: sha256 })],
    asked: [ten],
    found: 1,
  },
  'AutoV2, proved by the SHA256': {
    reference: hash(ten),
    versions: [version(1, { Odd: ten, SHA256: sha256 })],
    asked: [ten],
    found: 1,
  },
  'AutoV2 that is of another type': {
    reference: hash(ten),
    versions: [version(1, { AutoV1: ten, SHA256: other })],
    asked: [ten],
    found: undefined,
  },
  '12 digits, AutoV3': {
    reference: hash(twelve),
    versions: [version(1, { AutoV3: twelve, SHA256: other })],
    asked: [twelve],
    found: 1,
  },
  '12 digits, SHA256': {
    reference: hash(twelve),
    versions: [version(1, { AutoV2: ten, SHA256: sha256 })],
    asked: [twelve, ten],
    found: 1,
  },
  '12 digits, whose first 10 are of another file': {
    reference: hash(twelve),
    versions: [version(1, { AutoV2: ten, SHA256: `${ten}${other.slice(10)}` })],
    asked: [twelve, ten],
    found: undefined,
  },
  '12 digits, of another type, then SHA256': {
    reference: hash(twelve),
    versions: [version(1, { Odd: twelve }), version(2, { AutoV2: ten, SHA256: sha256 })],
    asked: [twelve, ten],
    found: 2,
  },
  '12 digits of an embedding': {
    reference: hash(twelve, 'embedding'),
    versions: [version(1, { AutoV3: twelve }), version(2, { AutoV2: ten, SHA256: sha256 })],
    asked: [ten],
    found: 2,
  },
  'tensors, 64 digits': {
    reference: hash(`0x${sha256}`),
    versions: [version(1, { AutoV3: twelve })],
    asked: [twelve],
    found: 1,
  },
  'tensors that are the SHA256 of a file': {
    reference: hash(`0x${sha256}`),
    versions: [version(1, { SHA256: sha256, AutoV2: ten })],
    asked: [twelve],
    found: undefined,
  },
  'AutoV1, name of the file': {
    reference: hash('81761151', 'checkpoint', 'Lantern-V2'),
    versions: [version(1, { AutoV1: '81761151' })],
    asked: ['81761151'],
    found: 1,
  },
  'AutoV1, name of the model': {
    reference: hash('81761151', 'checkpoint', 'paper_lantern'),
    versions: [version(1, { AutoV1: '81761151' })],
    asked: ['81761151'],
    found: 1,
  },
  'AutoV1, name of model and version': {
    reference: hash('81761151', 'checkpoint', 'paperLantern_v2.ckpt'),
    versions: [version(1, { AutoV1: '81761151' })],
    asked: ['81761151'],
    found: 1,
  },
  'AutoV1, another name': {
    reference: hash('81761151', 'checkpoint', 'dreamy'),
    versions: [version(1, { AutoV1: '81761151' })],
    asked: ['81761151'],
    found: undefined,
  },
  'AutoV1, a name of no letters': {
    reference: hash('81761151', 'checkpoint', '--'),
    versions: [version(1, { AutoV1: '81761151' }, '__')],
    asked: ['81761151'],
    found: undefined,
  },
  'AutoV1 that is a CRC32': {
    reference: hash('81761151', 'checkpoint', 'lantern_v2'),
    versions: [version(1, { CRC32: '81761151' })],
    asked: ['81761151'],
    found: undefined,
  },
  '8 digits of a LoRA': {
    reference: hash('81761151'),
    versions: [version(1, { AutoV1: '81761151' })],
    asked: [],
    found: undefined,
  },
};

it.each(Object.entries(cases))(
  'finds a version only if its file has the hash: %s',
  async (_name, { reference, versions, asked, found }) => {
    const client = fakeClient(versions);
    const resolution = await resolveReferences([reference], client, signal);
    expect(client.asked).toEqual(asked);
    // A lookup by hash answers with the whole version.
    const isSha256 = reference.kind === 'hash' && reference.hashType === 'SHA256';
    for (const { version, versionId } of resolution.found)
      expect(version?.id).toBe(isSha256 ? undefined : versionId);
    expect(resolution.found.map(({ version, ...one }) => one)).toEqual(
      found === undefined ? [] : [{ versionId: found, modelId: 10 * found, reference }],
    );
    expect(resolution.unresolved.map(({ name }) => name)).toEqual(
      found === undefined ? [reference.name] : [],
    );
  },
);

/** References whose functions can return nothing. */
const given = (...references: readonly (Reference | undefined)[]) =>
  references.filter((one) => one !== undefined);

describe('several references', () => {
  it('need one request for all SHA256 and none for ids, and give each version once', async () => {
    const versions = [version(1, { SHA256: sha256, AutoV2: ten }), version(2, { SHA256: other })];
    const client = fakeClient(versions);
    const references = given(
      versionReference(1, 'checkpoint'),
      versionReference(3, 'lora', { modelId: 30 }),
      hash(sha256),
      hash(other, 'vae', 'x'),
      hash(ten, 'checkpoint', 'y'),
    );
    const { found, unresolved } = await resolveReferences(references, client, signal);
    expect(client.asked).toEqual([[sha256, other], ten]);
    expect(found.map(({ versionId, modelId }) => [versionId, modelId])).toEqual([
      [1, 10],
      [3, 30],
      [2, 20],
    ]);
    expect(unresolved).toEqual([]);
  });

  it('are listed with the reason why they have no version', async () => {
    const client = fakeClient([version(1, { SHA256: other, Odd: ten })], {
      [twelve]: new RateLimitError('rate-limited', 'A file: too many requests.'),
    });
    const references = given(
      nameReference('lantern.safetensors', 'checkpoint'),
      hashReference('12345678', 'lora', 'short'),
      hashReference('1111111111', 'lora', undefined),
      hash(ten, 'vae', 'sharp'),
      hash(twelve),
    );
    expect((await resolveReferences(references, client, signal)).unresolved).toEqual([
      {
        name: 'lantern.safetensors',
        reason: 'the picture has only its name, and other files can have the same',
      },
      { name: 'short', reason: 'its hash in the picture has 8 digits, which many files share' },
      { name: '1111111111', reason: 'Civitai has no file with the hash 1111111111' },
      { name: 'sharp', reason: `no file that Civitai finds under the hash ${ten} is proved to be this one` },
      { name: 'ink', reason: 'A file: too many requests', failure: expect.any(RateLimitError) },
    ]);
  });

  it('leave out a hash that is unknown if another of the same model is found', async () => {
    const client = fakeClient([version(1, { AutoV2: ten, SHA256: sha256 })]);
    const references = given(hash('0123456789ab'), hash(ten), nameReference('loras/Ink.safetensors', 'lora'));
    const { found, unresolved } = await resolveReferences(references, client, signal);
    expect([found.length, unresolved]).toEqual([1, []]);
  });

  it('ask at most four times at once', async () => {
    let [running, max] = [0, 0];
    const client: HashClient = {
      ...fakeClient([]),
      async getModelVersionByHash() {
        max = Math.max(max, ++running);
        await new Promise((resolve) => setImmediate(resolve));
        running--;
        throw new NotFoundError('not-found', 'x');
      },
    };
    const references = Array.from({ length: 13 }, (_, index) =>
      hash(String(1_000_000_000 + index), 'lora', `n${index}`),
    );
    expect((await resolveReferences(references, client, signal)).unresolved).toHaveLength(13);
    expect(max).toBe(4);
  });
});

describe('failures', () => {
  it('of the request for all SHA256 concern these only', async () => {
    const client = fakeClient([version(1, { AutoV2: ten, SHA256: sha256 })], {
      owners: new NetworkError('timeout', 'civitai.com did not answer in time.'),
    });
    const { found, unresolved } = await resolveReferences(
      [hash(other, 'vae', 'sharp'), hash(ten)],
      client,
      signal,
    );
    expect(found.map(({ versionId }) => versionId)).toEqual([1]);
    expect(unresolved).toEqual([
      { name: 'sharp', reason: 'civitai.com did not answer in time', failure: expect.any(NetworkError) },
    ]);
  });

  it.each([other, ten])('of an aborted signal are thrown: %s', async (asked) => {
    const controller = new AbortController();
    const reason = new InterruptedError();
    const failure = new AccessError('no-access', 'x');
    const abort = async () => {
      controller.abort(reason);
      throw failure;
    };
    const client: HashClient = { getOwners: abort, getModelVersionByHash: abort };
    await expect(resolveReferences([hash(asked)], client, controller.signal)).rejects.toBe(reason);
  });

  it.each([other, ten])('of the program are thrown: %s', async (asked) => {
    const client = fakeClient([], { owners: new TypeError('x'), [ten]: new TypeError('x') });
    await expect(resolveReferences([hash(asked)], client, signal)).rejects.toThrow(TypeError);
  });
});
