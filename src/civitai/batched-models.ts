import type { CivitaiClient } from './client.js';
import type { Model } from './model.js';
import type { Source } from './source.js';

/** Larger lists have responses of many megabytes. */
const MAX_BATCH_SIZE = 25;
/** Sources between the first and the last model of a batch: each response stays in memory until its last model is used. */
const MAX_BATCH_SPAN = 50;
/** Failed lists in a row after which no further list is requested. */
const MAX_FAILURES = 2;

interface ModelBatch {
  /** By model id. */
  readonly expectedCalls: Map<number, number>;
  response?: Promise<Map<number, Model>>;
  next?: ModelBatch;
}

/**
 * Returns the client with a `getModel` that requests neighbouring models in one list, and each list while the one
 * before it is in use. Civitai's list omits some models (archived ones, those of real persons, and others), so a
 * missing one is requested by its own route. Versions have no such list: the route for several takes hashes only, and
 * may return another version with the same file.
 * @param upcoming sources in about the order in which they will be resolved
 */
export function withBatchedModels(client: CivitaiClient, upcoming: readonly Source[]): CivitaiClient {
  const models = new BatchedModels(client, upcoming);
  return {
    ...client,
    getModel: (id, signal, route = 'any') =>
      route === 'any' ? models.get(id, signal) : client.getModel(id, signal),
  };
}

class BatchedModels {
  readonly #client: CivitaiClient;
  /** Batches that expect further calls, by model id. */
  readonly #batches = new Map<number, ModelBatch[]>();
  #failures = 0;

  constructor(client: CivitaiClient, upcoming: readonly Source[]) {
    this.#client = client;
    for (const batch of planBatches(upcoming)) {
      for (const id of batch.expectedCalls.keys())
        this.#batches.set(id, [...(this.#batches.get(id) ?? []), batch]);
    }
  }

  async get(id: number, signal: AbortSignal): Promise<Model> {
    const batch = this.#failures < MAX_FAILURES ? this.#batches.get(id)?.[0] : undefined;
    const model = batch && (await this.#take(id, batch, signal));
    return model ?? this.#client.getModel(id, signal);
  }

  async #take(id: number, batch: ModelBatch, signal: AbortSignal): Promise<Model | undefined> {
    const response = this.#request(batch, signal);
    if (batch.next) void this.#request(batch.next, signal);
    const isLastCall = this.#countCall(id, batch) === 0;
    const models = await response;
    const model = models.get(id);
    if (isLastCall) models.delete(id);
    return model;
  }

  #countCall(id: number, { expectedCalls }: ModelBatch): number {
    const remaining = (expectedCalls.get(id) ?? 1) - 1;
    expectedCalls.set(id, remaining);
    if (remaining === 0) this.#batches.get(id)?.shift();
    return remaining;
  }

  #request(batch: ModelBatch, signal: AbortSignal): Promise<Map<number, Model>> {
    batch.response ??= this.#fetch([...batch.expectedCalls.keys()], signal);
    // A run that ends early never awaits the response of the next batch.
    batch.response.catch(() => {});
    return batch.response;
  }

  async #fetch(ids: readonly number[], signal: AbortSignal): Promise<Map<number, Model>> {
    try {
      const models = await this.#client.getModels(ids, signal);
      this.#failures = 0;
      return new Map(models.map((model) => [model.id, model]));
    } catch {
      signal.throwIfAborted();
      this.#failures++;
      return new Map();
    }
  }
}

function planBatches(upcoming: readonly Source[]): readonly ModelBatch[] {
  const batches: ModelBatch[] = [];
  let batch: ModelBatch = { expectedCalls: new Map() };
  let end = 0;
  for (const [position, source] of upcoming.entries()) {
    const id = source.kind === 'hash' ? undefined : source.modelId;
    if (id === undefined) continue;
    const { expectedCalls } = batch;
    const isFull = expectedCalls.size >= MAX_BATCH_SIZE && !expectedCalls.has(id);
    if (isFull || position >= end) {
      batch = { expectedCalls: new Map() };
      end = position + MAX_BATCH_SPAN;
      batches.push(batch);
    }
    batch.expectedCalls.set(id, (batch.expectedCalls.get(id) ?? 0) + 1);
  }
  return linkBatches(batches.filter(({ expectedCalls }) => expectedCalls.size > 1));
}

function linkBatches(batches: readonly ModelBatch[]): readonly ModelBatch[] {
  for (const [index, batch] of batches.entries()) {
    const next = batches[index + 1];
    if (next) batch.next = next;
  }
  return batches;
}
