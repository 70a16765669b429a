import type { CivitaiClient } from '../../civitai/client.js';
import { listPages, planList } from '../../civitai/list-pages.js';
import type { ModelsQuery } from '../../civitai/list-source.js';
import type { Model } from '../../civitai/model.js';
import { fittingVersions } from '../../civitai/select-versions.js';
import { createSelection, type Selection } from '../../civitai/selection.js';
import { expandPath } from '../../config/alias.js';
import type { Config } from '../../config/schema.js';
import { assertRootDir } from '../../download/root-dir.js';
import { NotFoundError } from '../../errors.js';
import { proxyOrigin } from '../../http/network-options.js';
import { baseModelAdvice, findName, periods } from '../../options/civitai-names.js';
import { mergeOptions, type Options } from '../../options/options.js';
import { stripControlChars } from '../../text.js';
import type { Context } from '../context.js';
import { exitStatus } from '../exit-status.js';
import { withClient } from '../open-client.js';
import { linePrinter, printLines } from '../print.js';
import { findKey, keyOrigin } from '../prompt.js';
import { promptLines } from '../prompt-lines.js';
import { modelJson } from '../report/info-json.js';
import { writeJson } from '../report/json.js';
import { type FoundModel, modelRows } from '../report/model-rows.js';
import { readStoredConfig } from '../stored-config.js';
import { createStyle, wantsColors } from '../terminal/style.js';
import { wrap } from '../terminal/text-width.js';
import { run } from './download.js';
import type { TypedRequest } from './run-request.js';

/** Models to list unless `--limit` says otherwise. */
const DEFAULT_LIMIT = 20;
const DEFAULT_COLUMNS = 80;
/** Of a file or a pipe, where lines can have any length. */
const LOG_COLUMNS = 120;

/**
 * Lists the models that Civitai finds; on a terminal with a root directory, downloads those that the user chooses.
 * @returns the exit status
 * @throws NotFoundError if there are none, or an error of the client
 */
export async function runSearch(text: string, request: TypedRequest, context: Context): Promise<number> {
  const config = await readStoredConfig(context);
  const options = mergeOptions(request.options, config.defaults);
  if (canChoose(request, config, context)) await assertRoot(request, config, context);
  const key = await findKey(request.askKey, config.apiKey, context);
  const proxyFrom = proxyOrigin(request.options);
  const keyFrom = keyOrigin(request.askKey, context.env);
  const trace = request.verbose ? linePrinter(context.stderr) : undefined;
  const models = await withClient({ options, proxyFrom, key, keyFrom, trace }, context, (client) =>
    findModels(text, options, client, context),
  );
  if (models.length === 0) throw new NotFoundError('no-models', nothingFound(text, options));
  if (request.json) {
    for (const { model } of models) writeJson(context.stdout, { type: 'model', model: modelJson(model) });
    return exitStatus.done;
  }
  if (canChoose(request, config, context)) return choose(models, request, context);
  printTable(models, options, context);
  return exitStatus.done;
}

function nothingFound(text: string, options: Options): string {
  const advice = baseModelAdvice(createSelection(options).baseModels);
  return [`Civitai finds no models for '${stripControlChars(text)}'.`, ...advice.map(stripControlChars)].join(
    ' ',
  );
}

function queryOf(query: string, { types, baseModels }: Selection): ModelsQuery {
  return { query, ...(types.length > 0 && { types }), ...(baseModels.length > 0 && { baseModels }) };
}

/** Lists models until there are enough that the selection of a run would download something of. */
async function findModels(
  text: string,
  options: Options,
  client: CivitaiClient,
  { interrupted: signal }: Context,
): Promise<readonly FoundModel[]> {
  const limit = options.limit || DEFAULT_LIMIT;
  const selection = createSelection(options);
  const query = queryOf(text, selection);
  const period = findName(periods, options.period);
  const plan = planList(query, { limit, period, isSafe: options.nsfwMode === 0 }, true);
  const models: FoundModel[] = [];
  for await (const page of listPages(plan, { client, signal, onIgnoredTag: () => {} })) {
    models.push(...page.flatMap((model) => found(model, selection)));
    if (models.length >= limit) break;
  }
  return models.slice(0, limit);
}

/** Returns the model with the version that a run would download, if anything of it fits. */
function found(model: Model, selection: Selection): readonly FoundModel[] {
  const fitting = fittingVersions(model, selection, 'primary');
  return 'error' in fitting ? [] : [{ model, version: fitting.versions[0] }];
}

function canChoose(
  { output, quiet }: TypedRequest,
  { rootDir }: Config,
  { stdin, stdout, stderr }: Context,
): boolean {
  const hasRoot = output !== undefined || rootDir !== undefined;
  return hasRoot && !quiet && stdin.isTTY && stdout.isTTY === true && stderr.isTTY === true;
}

/** Says that the root directory cannot be used before anybody has chosen. */
async function assertRoot(
  { output, dryRun }: TypedRequest,
  { rootDir = '', aliases }: Config,
  context: Context,
): Promise<void> {
  assertRootDir(await expandPath(output ?? rootDir, aliases, context), !dryRun);
}

async function choose(
  models: readonly FoundModel[],
  request: TypedRequest,
  context: Context,
): Promise<number> {
  const linesOf = (columns: number) => modelRows(models, columns).rows;
  const chosen = await promptLines('Select with the space bar, download with Enter', linesOf, context);
  const paths = chosen.flatMap((position) => models[position]?.model.id ?? []).map(String);
  if (paths.length === 0) {
    context.stderr.write('Nothing was selected: the space bar selects.\n');
    return exitStatus.done;
  }
  return run({ ...request, paths }, context);
}

function printTable(models: readonly FoundModel[], options: Options, { stdout, stderr, env }: Context): void {
  const columns = stdout.isTTY ? (stdout.columns ?? DEFAULT_COLUMNS) - 1 : LOG_COLUMNS;
  const style = createStyle(wantsColors({ stderr: stdout, env }, options.withColor));
  const { heading, rows } = modelRows(models, columns);
  printLines(stdout, [style.dim(heading), ...rows]);
  const [first] = models;
  if (!stdout.isTTY || !first) return;
  const hints = [
    `To download one, type: civitdl ${first.model.id} ./models`,
    'To choose here, add -o ./models.',
  ];
  printLines(
    stderr,
    hints.flatMap((hint) => wrap(hint, columns)),
  );
}
