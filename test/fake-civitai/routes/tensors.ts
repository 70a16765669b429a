import { json, type Reply } from '../server/reply.js';
import type { RecordedRequest } from '../server/request.js';
import type { ServerState } from '../server/state.js';

/** `GET /api/v1/model-files/ID/tensor-metadata`: the header of a safetensors file. */
export function answerTensors({ path }: RecordedRequest, state: ServerState): Reply {
  const id = Number(path.split('/').at(-2));
  const files = state.catalog.versions().flatMap(({ version }) => version.files);
  const tensors = files.find((file) => file.id === id)?.tensors;
  if (!tensors) return json(404, { error: 'No tensor metadata' });
  const shapes = tensors.map((name) => [name, { dtype: 'F16', shape: [1] }]);
  return json(200, { metadata: { ss_vae_name: 'vae.safetensors' }, tensors: Object.fromEntries(shapes) });
}
