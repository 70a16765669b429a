import { platform } from 'node:os';
import { withoutKey } from '../download/runtime.js';
import { stripControlChars } from '../text.js';
import type { Context } from './context.js';
import type { FinishedModel } from './finished-model.js';
import type { PrintLine } from './print.js';
import { openUrl, runShell } from './shell-command.js';

/** Options of AfterDownload. */
export interface AfterDownloadOptions {
  /** The shell command to run for each model that this run has downloaded. */
  readonly exec: string | undefined;
  /** Whether to open the page of each model. */
  readonly open: boolean;
  readonly print: PrintLine;
}

/** Tabs of a browser that a run opens at most. */
const MAX_PAGES = 10;

/** Runs a command and opens the page for each finished model. Commands run one at a time, beside the downloads. */
export class AfterDownload {
  readonly #options: AfterDownloadOptions;
  readonly #context: Pick<Context, 'env' | 'cwd' | 'interrupted'>;
  #commands: Promise<void> = Promise.resolve();
  #failures = 0;
  #pages = 0;

  constructor(options: AfterDownloadOptions, context: Pick<Context, 'env' | 'cwd' | 'interrupted'>) {
    this.#options = options;
    this.#context = context;
  }

  add(model: FinishedModel): void {
    const { exec, open } = this.#options;
    if (open) this.#open(model.page);
    const paths = model.files
      .filter(({ how }) => how !== 'present' && how !== 'left-out')
      .map(({ target }) => target);
    if (exec === undefined || paths.length === 0) return;
    this.#commands = this.#commands.then(() => this.#run(exec, model, paths));
  }

  /** Waits for the last command, and returns the number of those that failed. */
  async finish(): Promise<number> {
    await this.#commands;
    return this.#failures;
  }

  #open(page: string): void {
    const { print } = this.#options;
    this.#pages++;
    if (this.#pages === MAX_PAGES + 1)
      print(`--open has opened ${MAX_PAGES} pages, and opens no more in this run.`);
    if (this.#pages > MAX_PAGES) return;
    openUrl(page, withoutKey(this.#context.env), ({ message }) => {
      print(`warning: --open cannot open a browser (${stripControlChars(message)}). The page: ${page}`);
    });
  }

  async #run(command: string, model: FinishedModel, paths: readonly string[]): Promise<void> {
    const { print } = this.#options;
    const { env, cwd, interrupted } = this.#context;
    if (interrupted.aborted) return;
    const onLine = (line: string) => print(stripControlChars(line));
    const result = await runShell(command, {
      env: { ...withoutKey(env), ...variablesOf(model, paths) },
      cwd,
      signal: interrupted,
      onLine,
    }).catch((error: Error) => error.message);
    if (result === 0 || interrupted.aborted) return;
    this.#failures++;
    const how =
      typeof result === 'number' ? `with status ${result}` : `(${stripControlChars(String(result))})`;
    print(`warning: the command of --exec failed ${how} for ${stripControlChars(model.model.name)}.`);
  }
}

function variablesOf(
  { model, version, page }: FinishedModel,
  paths: readonly string[],
): Readonly<Record<string, string>> {
  return {
    CIVITDL_PATH: paths[0] ?? '',
    CIVITDL_PATHS: paths.join('\n'),
    CIVITDL_MODEL_ID: String(model.id),
    CIVITDL_VERSION_ID: String(version.id),
    CIVITDL_MODEL_NAME: foreignText(model.name),
    CIVITDL_VERSION_NAME: foreignText(version.name),
    CIVITDL_TYPE: foreignText(model.type),
    CIVITDL_BASE_MODEL: foreignText(version.baseModel),
    CIVITDL_TRAINED_WORDS: foreignText(version.trainedWords.join(', ')),
    CIVITDL_PAGE: page,
  };
}

/** Linux refuses to start a program with a variable of 128 KiB. */
const MAX_VARIABLE_LENGTH = 10_000;

/** cmd replaces variables before it reads the command: a quotation mark would end the word that quotes a variable. */
function foreignText(text: string): string {
  const line = stripControlChars(text).slice(0, MAX_VARIABLE_LENGTH);
  return platform() === 'win32' ? line.replaceAll('"', "'") : line;
}
