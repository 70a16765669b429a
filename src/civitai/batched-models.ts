import type { CivitaiClient } from './client.js';
import type { Model } from './model.js';
import type { Source } from './source.js';

/** Models of one request: more would make answers of many megabytes. */
const MAX_MODELS = 25;
/** Sources that may lie between the first model of a list and its last: what is asked for early is kept until it is needed. */
const REACH = 50;
/** Lists that could not be had in a row, after which no more are asked for. */
const MAX_FAILURES = 2;

/** Models that are asked for together. */
interface ModelBatch {
  /** How often each of them is still to be asked for. */
  readonly uses: Map<number, number>;
  answer?: Promise<Map<number, Model>>;
  /** The one behind it. */
  next?: ModelBatch;
}

/**
 * The same client, which asks for models that stand near each other with one request, as soon as the first of those
 * before them is wanted: nobody has to wait for a list in the middle of a batch. The list of models leaves some out (archived ones, those of real persons, and others), so one that is not in
 * it is asked for by its own route, whose answer counts.
 *
 * Versions have no such way: the one route that gives several wants their files' hashes, and may answer for another
 * version with the same file, or for none.
 * @param upcoming what will be asked for, in about this order
 */
export function withBatchedModels(client: CivitaiClient, upcoming: readonly Source[]): CivitaiClient {
  const lists = new Map<number, ModelBatch[]>();
  for (const list of planBatches(upcoming)) {
    for (const id of list.uses.keys()) lists.set(id, [...(lists.get(id) ?? []), list]);
  }
  let failures = 0;

  async function ask(ids: readonly number[], signal: AbortSignal): Promise<Map<number, Model>> {
    try {
      const models = await client.getModels(ids, signal);
      failures = 0;
      return new Map(models.map((model) => [model.id, model]));
    } catch {
      signal.throwIfAborted();
      failures++;
      return new Map();
    }
  }

  function begin(list: ModelBatch, signal: AbortSignal): Promise<Map<number, Model>> {
    list.answer ??= ask([...list.uses.keys()], signal);
    // Perhaps nobody gets as far as to await it.
    list.answer.catch(() => {});
    return list.answer;
  }

  async function getModel(id: number, signal: AbortSignal): Promise<Model> {
    const list = failures < MAX_FAILURES ? lists.get(id)?.[0] : undefined;
    if (!list) return client.getModel(id, signal);
    const answer = begin(list, signal);
    if (list.next) void begin(list.next, signal);
    const rest = (list.uses.get(id) ?? 1) - 1;
    list.uses.set(id, rest);
    if (rest === 0) lists.get(id)?.shift();
    const models = await answer;
    const model = models.get(id);
    if (rest === 0) models.delete(id);
    return model ?? client.getModel(id, signal);
  }

  return { ...client, getModel };
}

function planBatches(upcoming: readonly Source[]): readonly ModelBatch[] {
  const lists: ModelBatch[] = [];
  let list: ModelBatch = { uses: new Map() };
  let end = 0;
  for (const [position, source] of upcoming.entries()) {
    const id = source.kind === 'hash' ? undefined : source.modelId;
    if (id === undefined) continue;
    const isFull = list.uses.size >= MAX_MODELS && !list.uses.has(id);
    if (isFull || position >= end) {
      list = { uses: new Map() };
      end = position + REACH;
      lists.push(list);
    }
    list.uses.set(id, (list.uses.get(id) ?? 0) + 1);
  }
  // One model alone is had by its own route.
  const worthIt = lists.filter(({ uses }) => uses.size > 1);
  for (const [index, one] of worthIt.entries()) {
    const next = worthIt[index + 1];
    if (next) one.next = next;
  }
  return worthIt;
}
