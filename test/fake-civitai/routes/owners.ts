import { json, type Reply } from '../server/reply.js';
import type { RecordedRequest } from '../server/request.js';
import type { World } from '../server/world.js';
import { toldHashes } from './file-json.js';

const MOST_HASHES = 10_000;

/** `POST /api/v1/model-versions/by-hash/ids`: not in the order of the question, and nothing of hashes that nobody has. */
export function answerOwners({ method, body }: RecordedRequest, world: World): Reply {
  if (method !== 'POST') return json(405, { error: 'Method not allowed' });
  const asked = parseHashes(body);
  if (asked === undefined) return json(400, { error: 'Invalid hashes' });
  const owners = world.shelf.versions().flatMap(({ model, version }) =>
    version.files.flatMap((file) => {
      const hash = toldHashes(file).SHA256;
      return hash && asked.has(hash) ? [{ modelVersionId: version.id, modelId: model.id, hash }] : [];
    }),
  );
  return json(200, owners.reverse());
}

function parseHashes(body: string): ReadonlySet<string> | undefined {
  try {
    const hashes: unknown = JSON.parse(body);
    const isHash = (value: unknown) => typeof value === 'string' && /^[0-9a-f]{64}$/i.test(value);
    const isRight = Array.isArray(hashes) && hashes.length <= MOST_HASHES && hashes.every(isHash);
    return isRight ? new Set(hashes.map((hash: string) => hash.toUpperCase())) : undefined;
  } catch {
    return undefined;
  }
}
