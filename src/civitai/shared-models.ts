import type { CivitaiClient } from './client.js';
import type { Model } from './model.js';
import type { Source } from './source.js';

interface SharedModel {
  remaining: number;
  response?: Promise<Model> | undefined;
}

/**
 * Returns the client with a `getModel` that requests the model of several versions once. A model is kept until the last
 * of its versions, which are neighbours in a list.
 */
export function withSharedModels(client: CivitaiClient, upcoming: readonly Source[]): CivitaiClient {
  const models = new Map<number, SharedModel>();
  for (const source of upcoming) {
    const id = source.kind === 'hash' ? undefined : source.modelId;
    if (id === undefined) continue;
    const model = models.get(id) ?? { remaining: 0 };
    models.set(id, model);
    model.remaining++;
  }
  return {
    ...client,
    getModel: async (id, signal, route) => {
      const model = models.get(id);
      if (!model) return client.getModel(id, signal, route);
      model.remaining--;
      model.response ??= client.getModel(id, signal, route);
      const { response } = model;
      if (model.remaining <= 0) models.delete(id);
      try {
        return await response;
      } catch (error) {
        // The next version tries again.
        if (model.response === response) model.response = undefined;
        throw error;
      }
    },
  };
}
