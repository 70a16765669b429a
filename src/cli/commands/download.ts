import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { expandPath } from '../../config/alias.js';
import { readConfig } from '../../config/config.js';
import type { Config } from '../../config/schema.js';
import type { Outcome } from '../../download/events.js';
import { choiceOf, runBatch } from '../../download/run.js';
import { type InvalidSource, readSources, type SourceReader } from '../../download/sources.js';
import { readBaseUrl } from '../../http/open-http.js';
import { mergeOptions } from '../../options.js';
import { type Context, configPath } from '../context.js';
import { openSorterOfRun } from '../open-sorter.js';
import { askKey, keyFromEnvironment, readStdin } from '../prompt.js';
import { emitJson, rejectedJson, writeJson } from '../report/json.js';
import { SpaceSums } from '../report/plan-report.js';
import { createReporter, type Reporter, type ReporterOptions } from '../report/reporter.js';
import { createStyle, type Style, wantsColors } from '../terminal/style.js';
import { finishRun } from './finish.js';
import { openFailedFile } from './retry.js';
import type { RunRequest } from './run-request.js';

/**
 * One run of `civitdl`, from what was typed to the exit status.
 * @throws what keeps the run from starting; what fails in it is told and counted
 */
export async function run(request: RunRequest, context: Context): Promise<number> {
  const config = await readConfig(await configPath(context));
  const options = mergeOptions(request.options, config.defaults);
  const choice = choiceOf(request.file, request.options, options);
  const rootDir = await expandPath(request.root, config.aliases, context);
  const baseUrl = await readBaseUrl(context.env);
  const key = once(() => findKey(request, config, context));
  const failedFile = request.failed === undefined ? undefined : await openFailedFile(request.failed, context);
  const { requests, invalid } = await readSources(request.sources, batchReader(context, key));
  const style = createStyle(wantsColors(context, options.withColor));
  const spaces = request.dryRun ? new SpaceSums() : undefined;
  const telling = { ...request, items: requests.length, jobs: options.jobs, style };
  const progress = await createProgressFor(telling, spaces, context);
  try {
    const say = request.quiet ? () => {} : progress.print;
    const sorter = await openSorterOfRun(request.options.sorter, config, context, say);
    const started = context.now();
    if (request.json) for (const item of invalid) writeJson(context.stdout, rejectedJson(item, item.error));
    const downloaded = await runBatch(
      {
        requested: requests,
        rootDir,
        options,
        choice,
        sorter: sorter.sort,
        dryRun: request.dryRun,
        forceSpace: request.forceSpace,
        baseUrl,
        key: await key(),
        cacheFolder: resolve(context.cwd, await context.cacheDir()),
        emit: progress.emit,
        signal: context.interrupted,
        trace: request.verbose ? tracer(progress, style) : undefined,
      },
      context,
    );
    progress.close();
    const outcomes = [...invalid.map(outcomeOf), ...downloaded];
    const ended = { outcomes, elapsed: context.now() - started, space: spaces?.sums() };
    return await finishRun(ended, request, failedFile, progress.print, style, context);
  } finally {
    progress.close();
  }
}

/** The first that there is: asked for in this run, from the environment, stored. */
async function findKey(request: RunRequest, config: Config, context: Context): Promise<string | undefined> {
  return request.askKey ? askKey(context) : (keyFromEnvironment(context.env) ?? config.apiKey);
}

function batchReader(context: Context, key: () => Promise<unknown>): SourceReader {
  return {
    readFile,
    readStdin: async () => {
      // Where both come from standard input, the key is its first line.
      await key();
      return readStdin(context);
    },
    cwd: context.cwd,
    home: context.home,
  };
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

/** For a person, and besides for a program, for which standard output is kept then. */
async function createProgressFor(
  telling: Omit<ReporterOptions, 'results'>,
  spaces: SpaceSums | undefined,
  context: Context,
): Promise<Reporter> {
  const { json, quiet, dryRun } = telling;
  // A plan is all that a dry run is for.
  const results = json || (quiet && !dryRun) ? undefined : context.stdout;
  const progress = await createReporter(context, { ...telling, results });
  const tell = json ? emitJson(context) : undefined;
  return {
    ...progress,
    emit: (event) => {
      progress.emit(event);
      spaces?.add(event);
      tell?.(event);
    },
  };
}

function tracer(progress: Reporter, style: Style): (line: string) => void {
  return (line) => progress.print(style.dim(`  ${line}`));
}

function outcomeOf({ text, origin, error }: InvalidSource): Outcome {
  return { subject: { text, origin }, status: 'failed', error };
}
