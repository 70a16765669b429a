import { expandPath } from '../../config/alias.js';
import { readConfig } from '../../config/config.js';
import { type Config, EMPTY_CONFIG } from '../../config/schema.js';
import { absolutePath } from '../../disk/paths.js';
import { type PreparedRun, prepareRun, type RunEnvironment, runDownloads } from '../../download/run.js';
import { type Context, configPath } from '../context.js';
import { addedSorters, explainDefaultSorter } from '../open-sorter.js';
import { askKey, keyFromEnvironment, readStdin, storedKey } from '../prompt.js';
import { emitJson, rejectedJson, writeJson } from '../report/json.js';
import { SpaceSums } from '../report/plan-report.js';
import { createReporter, type ReporterOptions } from '../report/reporter.js';
import { terminalCapabilities } from '../terminal/capabilities.js';
import { openLayout } from '../terminal/open-layout.js';
import { createStyle, wantsColors } from '../terminal/style.js';
import { finishRun } from './finish.js';
import { openFailedFile } from './retry.js';
import type { RunRequest } from './run-request.js';

/**
 * Runs `civitdl` and returns its exit status.
 * @throws the error that keeps the run from starting; what fails later is reported and counted
 */
export async function run(request: RunRequest, context: Context): Promise<number> {
  // Without a home folder, nothing can be stored.
  const hasConfig = (await context.configDir()) !== undefined;
  const config = hasConfig ? await readConfig(await configPath(context)) : EMPTY_CONFIG;
  const rootDir = await expandPath(request.root, config.aliases, context);
  const failedFile = request.failed === undefined ? undefined : await openFailedFile(request.failed, context);
  const environment = await environmentOf(request, config, context);
  const prepared = await prepareRun({ ...request, rootDir, defaults: config.defaults }, environment);
  const capabilities = terminalCapabilities(context);
  const style = createStyle(wantsColors(context, prepared.options.withColor), capabilities.hyperlinks);
  const layout = await openLayout(context);
  const spaces = request.dryRun ? new SpaceSums() : undefined;
  const reporter = await createReporter(context, {
    ...reporterOptions(request, prepared, context),
    ...{ rootDir, style, layout, capabilities },
  });
  const emitAsJson = request.json ? emitJson(context, rootDir) : undefined;
  const { print } = reporter;
  let startedAt = 0;
  try {
    const outcomes = await runDownloads(prepared, {
      emit: (event) => {
        reporter.emit(event);
        spaces?.add(event);
        emitAsJson?.(event);
      },
      trace: request.verbose ? (line) => print(style.dim(`  ${line}`)) : undefined,
      onSorterLine: request.quiet ? undefined : print,
      onStart: () => {
        startedAt = context.now();
        if (request.json) writeInvalid(prepared, context);
      },
    });
    reporter.close();
    const result = { rootDir, outcomes, elapsedMs: context.now() - startedAt, space: spaces?.sums() };
    return await finishRun(result, request, failedFile, print, { style, layout }, context);
  } finally {
    reporter.close();
  }
}

async function environmentOf(request: RunRequest, config: Config, context: Context): Promise<RunEnvironment> {
  const cacheDir = await context.cacheDir();
  const readKey = once(() => findKey(request, config, context));
  return {
    runtime: context,
    signal: context.interrupted,
    cwd: context.cwd,
    home: context.home,
    cacheDir: cacheDir === undefined ? undefined : absolutePath(cacheDir, context),
    addedSorters: await addedSorters(config, context),
    readKey,
    readStdin: async () => {
      // If both are read from standard input, the key is its first line.
      await readKey();
      return readStdin(context);
    },
    explainDefaultSorter,
  };
}

/** The first key of: typed for this run, set in the environment, stored. */
async function findKey(request: RunRequest, config: Config, context: Context): Promise<string | undefined> {
  return request.askKey ? askKey(context) : (keyFromEnvironment(context.env) ?? storedKey(config.apiKey));
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

function reporterOptions(
  { json, quiet, verbose, dryRun }: RunRequest,
  { sources, options }: PreparedRun,
  { stdout }: Context,
): Omit<ReporterOptions, 'rootDir' | 'style' | 'layout' | 'capabilities'> {
  // The plan is the only result of a dry run, so that --quiet does not hide it; --json has standard output to itself.
  const results = json || (quiet && !dryRun) ? undefined : stdout;
  return { items: sources.requests.length, jobs: options.jobs, dryRun, quiet, verbose, json, results };
}

function writeInvalid({ sources }: PreparedRun, { stdout }: Context): void {
  for (const item of sources.invalid) writeJson(stdout, rejectedJson(item, item.error));
}
