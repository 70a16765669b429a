import { withBatchedModels } from '../civitai/batched-models.js';
import type { CivitaiClient } from '../civitai/client.js';
import type { ListOptions } from '../civitai/list-pages.js';
import { sourceKey } from '../civitai/source.js';
import { NotFoundError } from '../errors.js';
import type { Emit, Outcome, SourceText } from './events.js';
import { ListReader, type ReadList } from './list-reader.js';
import { listedVersions, type VersionsContext } from './listed-versions.js';
import type { RunItem } from './run-item.js';
import { batchPath, type ListRequest, type SourceRequest } from './sources.js';

export interface ExpandContext extends VersionsContext {
  readonly client: CivitaiClient;
  readonly signal: AbortSignal;
  readonly lists: ListOptions;
  readonly emit: Emit;
}

export interface Expansion {
  /** In the order of the sources; what several sources name, once. */
  readonly items: readonly RunItem[];
  /** Of lists that cannot be read. */
  readonly failed: readonly Outcome[];
}

/** Reads the lists of a run, and chooses versions of their models. Single sources stay as they are. */
export async function expandSources(
  requests: readonly (SourceRequest | ListRequest)[],
  context: ExpandContext,
): Promise<Expansion> {
  const items = new Map<string, RunItem>();
  const failed: Outcome[] = [];
  const typed = new TypedModels(requests, context);
  for (const request of requests) {
    const expanded = 'source' in request ? await typed.expand(request) : await readList(request, context);
    failed.push(...expanded.failures.map((failure) => reportFailure(failure, context)));
    for (const item of expanded.items) {
      const key = sourceKey(item.request.source);
      if (!items.has(key)) items.set(key, item);
    }
  }
  return { items: [...items.values()], failed };
}

interface Failure {
  readonly subject: SourceText;
  readonly error: unknown;
}

interface Expanded {
  readonly items: readonly RunItem[];
  readonly failures: readonly Failure[];
}

async function readList(request: ListRequest, context: ExpandContext): Promise<Expanded> {
  const { emit, signal, lists } = context;
  const { text, origin } = request;
  const subject = { text, origin };
  const report = (list: Partial<ReadList>, isLast: boolean) =>
    emit({ type: 'listing', subject, models: list.models ?? 0, passedOver: list.passedOver ?? [], isLast });
  report({}, false);
  try {
    const reader = new ListReader(request, {
      ...context,
      options: lists,
      onWarning: (error) => emit({ type: 'warned-of-run', error }),
      onProgress: (models) => report({ models }, false),
    });
    const list = await reader.read();
    report(list, true);
    const failures = list.unresolved.map(({ name, error }) => ({
      // What may be found the next time is named by the picture, since its own name is no source.
      subject: error instanceof NotFoundError ? { text: name, list: text, origin } : retrySubject(request),
      error,
    }));
    return { items: list.items, failures };
  } catch (error) {
    signal.throwIfAborted();
    return { items: [], failures: [{ subject, error }] };
  }
}

/** Names a list for a later run, also in a batch file in another folder. */
function retrySubject({ listSource, text, origin }: ListRequest): SourceText {
  return { text: listSource.kind === 'picture' ? batchPath(listSource.path, text) : text, origin };
}

function reportFailure(failure: Failure, { emit }: ExpandContext): Outcome {
  emit({ type: 'list-failed', ...failure });
  return { status: 'failed', ...failure };
}

/** Expands sources that name a model without a version, if other versions than the default one are wanted. */
class TypedModels {
  readonly #context: ExpandContext;
  readonly #client: CivitaiClient;

  constructor(requests: readonly (SourceRequest | ListRequest)[], context: ExpandContext) {
    const models = requests.flatMap((request) =>
      'source' in request && request.source.kind === 'model' ? [request.source] : [],
    );
    this.#context = context;
    this.#client = withBatchedModels(context.client, models);
  }

  /** A model that cannot be requested, or has nothing that fits, stays as it is, and is reported with its item. */
  async expand(request: SourceRequest): Promise<Expanded> {
    return { items: await this.#itemsOf(request), failures: [] };
  }

  async #itemsOf(request: SourceRequest): Promise<readonly RunItem[]> {
    const { selection, signal } = this.#context;
    const { source, origin } = request;
    if (source.kind !== 'model' || selection.versions === 'default') return [{ request }];
    const model = await this.#client.getModel(source.modelId, signal).catch(() => undefined);
    signal.throwIfAborted();
    const items = model && listedVersions(model, { origin }, this.#context);
    if (!items || 'error' in items) return [{ request }];
    return items.map((listed) => ({ request: listed.request, listed }));
  }
}
