import { setMaxListeners } from 'node:events';
import type { Ask } from '../../civitai/question.js';
import { expandPath } from '../../config/alias.js';
import type { Config } from '../../config/schema.js';
import { absolutePath } from '../../disk/paths.js';
import type { RequestKey } from '../../download/api-key.js';
import type { DownloadEvent } from '../../download/events.js';
import { type PreparedRun, prepareRun, type RunEnvironment, runDownloads } from '../../download/run.js';
import type { Approve } from '../../download/run-plan.js';
import { proxyOrigin } from '../../http/network-options.js';
import type { FoundApp } from '../../sorter/apps/app.js';
import { AfterDownload } from '../after-download.js';
import { splitPaths } from '../arguments.js';
import type { Context } from '../context.js';
import { type FinishedModel, ModelCollector } from '../finished-model.js';
import { Gate } from '../gate.js';
import { addedSorters, explainDefaultSorter } from '../open-sorter.js';
import type { PrintLine } from '../print.js';
import { findKey, keyOrigin, readStdin } from '../prompt.js';
import { Questions } from '../questions.js';
import { emitJson, rejectedJson, writeJson } from '../report/json.js';
import { SpaceSums } from '../report/plan-report.js';
import { createReporter, type Reporter, type ReporterOptions } from '../report/reporter.js';
import { requestKey } from '../request-key.js';
import { readStoredConfig } from '../stored-config.js';
import { terminalCapabilities } from '../terminal/capabilities.js';
import { openLayout } from '../terminal/open-layout.js';
import { createStyle, wantsColors } from '../terminal/style.js';
import { finishRun, type Look } from './finish.js';
import { openFailedFile } from './retry.js';
import type { RunRequest, TypedRequest } from './run-request.js';

/**
 * Runs `civitdl` and returns its exit status.
 * @throws the error that keeps the run from starting; what fails later is reported and counted
 */
export async function run(typed: TypedRequest, machine: Context): Promise<number> {
  const { context, interrupt } = interruptible(machine);
  const config = await readStoredConfig(context);
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
    const session = new RunSession(request, prepared, reporter, { style, layout }, context);
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
  readonly #look: Look;
  readonly #context: Context;
  readonly #gate = new Gate();
  readonly #models = new ModelCollector();
  readonly #finished: FinishedModel[] = [];
  #app: FoundApp['app'] | undefined;
  readonly #after: AfterDownload;

  constructor(request: RunRequest, prepared: PreparedRun, reporter: Reporter, look: Look, context: Context) {
    this.#request = request;
    this.#prepared = prepared;
    this.#reporter = reporter;
    this.#look = look;
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
    const outcomes = await runDownloads(this.#withQuestions(interrupt), {
      emit: (event) => {
        this.#emit(event);
        spaces?.add(event);
        emitAsJson?.(event);
      },
      trace: verbose ? (line) => this.#print(this.#look.style.dim(`  ${line}`)) : undefined,
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
    return {
      outcomes,
      elapsedMs,
      space,
      isKeyMissing,
      models: this.#finished,
      app: this.#app,
      failedCommands,
    };
  }

  readonly #print: PrintLine = (line) => this.#gate.run(() => this.#reporter.print(line));

  #emit(event: DownloadEvent): void {
    // The next one says the same.
    if (event.type === 'file-progress' && this.#gate.isClosed) return;
    this.#gate.run(() => this.#reporter.emit(event));
    if (event.type === 'recognized') this.#app = event.app.app;
    const model = this.#models.add(event);
    if (!model) return;
    this.#finished.push(model);
    this.#after.add(model);
  }

  /** Returns the run with the questions that it may ask. */
  #withQuestions(interrupt: (reason: unknown) => void): PreparedRun {
    const { environment } = this.#prepared;
    const questions = new Questions({ suspend: () => this.#suspend(), interrupt });
    const requestKey =
      this.#canAsk() && !this.#request.dryRun ? this.#keyRequest(questions) : environment.requestKey;
    const ask = this.#canAsk() ? this.#meaningRequest(questions) : environment.ask;
    return { ...this.#prepared, environment: { ...environment, requestKey, ask, approve: this.#approve } };
  }

  readonly #approve: Approve = async (plan) => {
    const { approveRun } = await import('../approve-run.js');
    const suspend = () => this.#suspend();
    return approveRun(plan, this.#request, {
      ...this.#context,
      ...this.#look,
      print: this.#reporter.print,
      suspend,
    });
  };

  #suspend(): () => void {
    this.#gate.close();
    const resume = this.#reporter.suspend();
    return () => {
      resume();
      this.#gate.open();
    };
  }

  #canAsk(): boolean {
    const { stdin, stderr } = this.#context;
    return stdin.isTTY && stderr.isTTY === true && !this.#request.json;
  }

  /** On a terminal, the first download that is refused for lack of a key asks for one. */
  #keyRequest(questions: Questions): RequestKey {
    const { options, input } = this.#prepared;
    const network = { ...options, proxyFrom: proxyOrigin(input.options) };
    const { verbose } = this.#request;
    // At its end, standard input has been the list of sources.
    return async (refusal) =>
      this.#context.stdin.readableEnded
        ? undefined
        : questions.ask(() => requestKey(refusal, { network, verbose }, this.#context));
  }

  #meaningRequest(questions: Questions): Ask {
    return async (question) => {
      if (this.#context.stdin.readableEnded) return undefined;
      const { askMeaning } = await import('../ask-meaning.js');
      return questions.ask(() => askMeaning(question, this.#context));
    };
  }
}

async function environmentOf(request: RunRequest, config: Config, context: Context): Promise<RunEnvironment> {
  const cacheDir = await context.cacheDir();
  const readKey = once(() => findKey(request.askKey, config.apiKey, context));
  return {
    runtime: context,
    signal: context.interrupted,
    cwd: context.cwd,
    home: context.home,
    cacheDir: cacheDir === undefined ? undefined : absolutePath(cacheDir, context),
    addedSorters: await addedSorters(config, context),
    readKey,
    keyFrom: keyOrigin(request.askKey, context.env),
    approve: () => true,
    readStdin: async () => {
      // If both are read from standard input, the key is its first line.
      await readKey();
      return readStdin(context);
    },
    explainDefaultSorter,
  };
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
