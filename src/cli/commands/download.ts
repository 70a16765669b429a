import { setMaxListeners } from 'node:events';
import { expandPath } from '../../config/alias.js';
import { readConfig } from '../../config/config.js';
import { type Config, EMPTY_CONFIG } from '../../config/schema.js';
import { absolutePath } from '../../disk/paths.js';
import type { RequestKey } from '../../download/api-key.js';
import type { DownloadEvent } from '../../download/events.js';
import { type PreparedRun, prepareRun, type RunEnvironment, runDownloads } from '../../download/run.js';
import { AfterDownload } from '../after-download.js';
import { splitPaths } from '../arguments.js';
import { type Context, configPath } from '../context.js';
import { type FinishedModel, ModelCollector } from '../finished-model.js';
import { Gate } from '../gate.js';
import { addedSorters, explainDefaultSorter } from '../open-sorter.js';
import type { PrintLine } from '../print.js';
import { askKey, keyFromEnvironment, readStdin, storedKey } from '../prompt.js';
import { emitJson, rejectedJson, writeJson } from '../report/json.js';
import { SpaceSums } from '../report/plan-report.js';
import { createReporter, type Reporter, type ReporterOptions } from '../report/reporter.js';
import { requestKey } from '../request-key.js';
import { terminalCapabilities } from '../terminal/capabilities.js';
import { openLayout } from '../terminal/open-layout.js';
import { createStyle, type Style, wantsColors } from '../terminal/style.js';
import { finishRun } from './finish.js';
import { openFailedFile } from './retry.js';
import type { RunRequest, TypedRequest } from './run-request.js';

/**
 * Runs `civitdl` and returns its exit status.
 * @throws the error that keeps the run from starting; what fails later is reported and counted
 */
export async function run(typed: TypedRequest, machine: Context): Promise<number> {
  const { context, interrupt } = interruptible(machine);
  // Without a home folder, nothing can be stored.
  const hasConfig = (await context.configDir()) !== undefined;
  const config = hasConfig ? await readConfig(await configPath(context)) : EMPTY_CONFIG;
  const { paths, output } = typed;
  const request = { ...typed, ...splitPaths({ paths, output, storedRoot: config.rootDir }, context) };
  const rootDir = await expandPath(request.root, config.aliases, context);
  const failedFile = request.failed === undefined ? undefined : await openFailedFile(request.failed, context);
  const environment = await environmentOf(request, config, context);
  const prepared = await prepareRun({ ...request, rootDir, defaults: config.defaults }, environment);
  const capabilities = terminalCapabilities(context);
  const style = createStyle(wantsColors(context, prepared.options.withColor), capabilities.hyperlinks);
  const layout = await openLayout(context);
  const reporter = await createReporter(context, {
    ...reporterOptions(request, prepared, context),
    ...{ rootDir, style, layout, capabilities },
  });
  try {
    const session = new RunSession(request, prepared, reporter, style, context);
    const result = await session.download(interrupt);
    return await finishRun(
      { ...result, rootDir },
      request,
      failedFile,
      reporter.print,
      { style, layout },
      context,
    );
  } finally {
    reporter.close();
  }
}

/** Returns the context with a second way to interrupt the run: in a prompt, Ctrl-C is a key and not a signal. */
function interruptible(machine: Context): {
  readonly context: Context;
  readonly interrupt: (reason: unknown) => void;
} {
  const controller = new AbortController();
  const interrupted = AbortSignal.any([machine.interrupted, controller.signal]);
  // Every running task listens to it.
  setMaxListeners(0, interrupted);
  return { context: { ...machine, interrupted }, interrupt: (reason) => controller.abort(reason) };
}

/** Downloads the sources of a prepared run, and passes its events to everything that reports or uses them. */
class RunSession {
  readonly #request: RunRequest;
  readonly #prepared: PreparedRun;
  readonly #reporter: Reporter;
  readonly #style: Style;
  readonly #context: Context;
  readonly #gate = new Gate();
  readonly #models = new ModelCollector();
  readonly #finished: FinishedModel[] = [];
  readonly #after: AfterDownload;

  constructor(
    request: RunRequest,
    prepared: PreparedRun,
    reporter: Reporter,
    style: Style,
    context: Context,
  ) {
    this.#request = request;
    this.#prepared = prepared;
    this.#reporter = reporter;
    this.#style = style;
    this.#context = context;
    this.#after = new AfterDownload({ ...request, print: this.#print }, context);
  }

  /** @param interrupt interrupts the run */
  async download(interrupt: (reason: unknown) => void) {
    const { now } = this.#context;
    const { verbose, quiet, dryRun, json } = this.#request;
    const spaces = dryRun ? new SpaceSums() : undefined;
    const emitAsJson = json ? emitJson(this.#context, this.#prepared.input.rootDir) : undefined;
    let startedAt = 0;
    const outcomes = await runDownloads(this.#withKeyRequest(interrupt), {
      emit: (event) => {
        this.#emit(event);
        spaces?.add(event);
        emitAsJson?.(event);
      },
      trace: verbose ? (line) => this.#print(this.#style.dim(`  ${line}`)) : undefined,
      onSorterLine: quiet ? undefined : this.#print,
      onStart: () => {
        startedAt = now();
        if (json) writeInvalid(this.#prepared, this.#context);
      },
    });
    const elapsedMs = now() - startedAt;
    const failedCommands = await this.#after.finish();
    this.#reporter.close();
    const space = spaces?.sums();
    const isKeyMissing =
      space !== undefined && space.length > 0 && (await this.#prepared.environment.readKey()) === undefined;
    return { outcomes, elapsedMs, space, isKeyMissing, models: this.#finished, failedCommands };
  }

  readonly #print: PrintLine = (line) => this.#gate.run(() => this.#reporter.print(line));

  #emit(event: DownloadEvent): void {
    // The next one says the same.
    if (event.type === 'file-progress' && this.#gate.isClosed) return;
    this.#gate.run(() => this.#reporter.emit(event));
    const model = this.#models.add(event);
    if (!model) return;
    this.#finished.push(model);
    this.#after.add(model);
  }

  /** On a terminal, the first download that is refused for lack of a key asks for one. */
  #withKeyRequest(interrupt: (reason: unknown) => void): PreparedRun {
    const { stdin, stderr } = this.#context;
    const { verbose, json, dryRun } = this.#request;
    const canAsk = stdin.isTTY && stderr.isTTY && !json && !dryRun;
    if (!canAsk) return this.#prepared;
    const ask: RequestKey = async (refusal) => {
      // The sources were read from it.
      if (stdin.readableEnded) return undefined;
      this.#gate.close();
      const resume = this.#reporter.suspend();
      try {
        return await requestKey(refusal, { network: this.#prepared.options, verbose }, this.#context);
      } catch (error) {
        interrupt(error);
        throw error;
      } finally {
        resume();
        this.#gate.open();
      }
    };
    return { ...this.#prepared, environment: { ...this.#prepared.environment, requestKey: ask } };
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
