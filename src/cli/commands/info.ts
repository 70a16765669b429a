import type { CivitaiClient } from '../../civitai/client.js';
import { mergeVersions } from '../../civitai/merge-versions.js';
import type { ModelVersion } from '../../civitai/model.js';
import { parseItem } from '../../civitai/parse-source.js';
import { getModelOrExplain } from '../../civitai/resolve.js';
import type { Source } from '../../civitai/source.js';
import { redactSecrets } from '../../civitai/source-url.js';
import { NotFoundError, UsageError } from '../../errors.js';
import { proxyOrigin } from '../../http/network-options.js';
import { mergeOptions, type PartialOptions } from '../../options/options.js';
import { stripControlChars } from '../../text.js';
import type { Context } from '../context.js';
import { withClient } from '../open-client.js';
import { linePrinter, printLines } from '../print.js';
import { findKey, keyOrigin } from '../prompt.js';
import { infoJson } from '../report/info-json.js';
import { infoLines, type ModelInfo } from '../report/info-lines.js';
import { writeJson } from '../report/json.js';
import { quoteWord } from '../shell-quote.js';
import { readStoredConfig } from '../stored-config.js';
import { createStyle, wantsColors } from '../terminal/style.js';

/** The arguments of `civitdl info`. */
export interface InfoRequest {
  readonly source: string;
  readonly options: PartialOptions;
  /** Whether to ask for the key. */
  readonly askKey: boolean;
  readonly json: boolean;
  readonly verbose: boolean;
}

/**
 * Describes the model of a source: all of its versions, or the one that the source names.
 * @throws UsageError if the source is not a single model, or an error of the client
 */
export async function runInfo(request: InfoRequest, context: Context): Promise<void> {
  const source = parseSingle(request.source);
  const config = await readStoredConfig(context);
  const options = mergeOptions(request.options, config.defaults);
  const key = await findKey(request.askKey, config.apiKey, context);
  const proxyFrom = proxyOrigin(request.options);
  const keyFrom = keyOrigin(request.askKey, context.env);
  const trace = request.verbose ? linePrinter(context.stderr) : undefined;
  const info = await withClient({ options, proxyFrom, key, keyFrom, trace }, context, (client) =>
    findInfo(source, client, context.interrupted),
  );
  const { stdout, env } = context;
  if (request.json) return writeJson(stdout, infoJson(info, context.now()));
  const style = createStyle(wantsColors({ stderr: stdout, env }, options.withColor));
  const columns = stdout.isTTY ? stdout.columns : undefined;
  printLines(stdout, infoLines(info, { style, columns, now: context.now() }));
}

function parseSingle(text: string): Source {
  const item = parseItem(text.trim());
  if (item.kind === 'source') return item.source;
  const shown = stripControlChars(redactSecrets(text));
  throw new UsageError(
    'bad-source',
    item.kind === 'path'
      ? `'${shown}' does not name a model. Type a model id, a URL of civitai.com, an AIR, MODEL@VERSION or a hash. To find a model by words, use 'civitdl search'.`
      : `'${shown}' names several models. To list them, run: civitdl ${quoteWord(shown)} ./models --dry-run`,
  );
}

async function findInfo(source: Source, client: CivitaiClient, signal: AbortSignal): Promise<ModelInfo> {
  if (source.kind === 'model') return modelInfo(source.modelId, client, signal);
  const own =
    source.kind === 'hash'
      ? await client.getModelVersionByHash(source.hash, signal)
      : await client.getModelVersion(source.versionId, signal);
  const modelId = own.modelId ?? (source.kind === 'version' ? source.modelId : undefined);
  if (modelId === undefined)
    throw new NotFoundError('not-found', `Civitai does not tell the model of version ${own.id}.`);
  const model = await client.getModel(modelId, signal);
  const listed = model.versions.find(({ id }) => id === own.id);
  return { model, versions: [mergeVersions(listed, own) ?? own] };
}

/** Only a version's own route tells whether downloads are disabled: it is requested for the default one. */
async function modelInfo(id: number, client: CivitaiClient, signal: AbortSignal): Promise<ModelInfo> {
  const model = await getModelOrExplain(id, { client, signal });
  const [first, ...others] = model.versions;
  if (!first) return { model, versions: [] };
  const own = await client.getModelVersion(first.id, signal).catch(() => undefined);
  signal.throwIfAborted();
  return { model, versions: [merge(first, own), ...others] };
}

function merge(listed: ModelVersion, own: ModelVersion | undefined): ModelVersion {
  return mergeVersions(listed, own) ?? listed;
}
