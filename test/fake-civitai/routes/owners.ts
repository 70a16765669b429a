import { json, type Reply } from '../server/reply.js';
import type { RecordedRequest } from '../server/request.js';
import type { ServerState } from '../server/state.js';
import { publishedHashes } from './file-json.js';

const MAX_HASHES = 10_000;

/** `POST /api/v1/model-versions/by-hash/ids`: the versions with these hashes, in another order. */
export function answerOwners({ method, body }: RecordedRequest, state: ServerState): Reply {
  if (method !== 'POST') return json(405, { error: 'Method not allowed' });
  const asked = parseHashes(body);
  if (asked === undefined) return json(400, { error: 'Invalid hashes' });
  const owners = state.catalog.versions().flatMap(({ model, version }) =>
    version.files.flatMap((file) => {
      const hash = publishedHashes(file).SHA256;
      return hash && asked.has(hash) ? [{ modelVersionId: version.id, modelId: model.id, hash }] : [];
    }),
  );
  return json(200, owners.reverse());
}

function parseHashes(body: string): ReadonlySet<string> | undefined {
  try {
    const hashes: unknown = JSON.parse(body);
    const isHash = (value: unknown) => typeof value === 'string' && /^[0-9a-f]{64}$/i.test(value);
    const isRight = Array.isArray(hashes) && hashes.length <= MAX_HASHES && hashes.every(isHash);
    return isRight ? new Set(hashes.map((hash: string) => hash.toUpperCase())) : undefined;
  } catch {
    return undefined;
  }
}
