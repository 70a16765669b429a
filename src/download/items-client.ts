import { withBatchedModels } from '../civitai/batched-models.js';
import type { CivitaiClient } from '../civitai/client.js';
import { withSharedModels } from '../civitai/shared-models.js';
import type { RunItem } from './run-item.js';

/**
 * Returns a client that needs few requests for the items. Models that the user has named are requested in lists. Those
 * of a list were in one already, so each is requested by its own route, which has all of its metadata. Versions that the
 * run has requested already are not requested again.
 */
export function withItems(client: CivitaiClient, items: readonly RunItem[]): CivitaiClient {
  const sourcesOf = (isListed: boolean) =>
    items
      .filter(({ request }) => (request.list !== undefined) === isListed)
      .map(({ request }) => request.source);
  const batched = withBatchedModels(client, sourcesOf(false));
  const shared = withSharedModels(client, sourcesOf(true));
  const listedIds = new Set(
    sourcesOf(true).map((source) => (source.kind === 'hash' ? undefined : source.modelId)),
  );
  const versions = new Map(items.flatMap(({ version }) => (version ? [[version.id, version]] : [])));
  return {
    ...client,
    getModelVersion: async (id, signal) => {
      const version = versions.get(id);
      // Freed after its first use.
      versions.delete(id);
      return version ?? client.getModelVersion(id, signal);
    },
    getModel: (id, signal, route) => (listedIds.has(id) ? shared : batched).getModel(id, signal, route),
  };
}
