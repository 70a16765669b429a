import { chmod, stat, symlink } from 'node:fs/promises';
import { delimiter } from 'node:path';
import type { Civitai } from '../fake-civitai/civitai.js';
import { binary } from '../harness/command.js';
import { openTerminal } from '../harness/pseudo-terminal.js';
import type { Sandbox } from '../harness/sandbox.js';
import { type Block, repository } from './page.js';
import { pathsOf } from './tree.js';

/** Milliseconds for one block: one that waits longer waits for an answer that nobody gives. */
const PATIENCE = 60_000;
const CTRL_C = '\x03';

/** What may stand behind a block's language. */
export const MARKS: readonly string[] = ['not-run', 'status', 'output', 'files', 'file'];

/**
 * Somebody who does what a page says, block by block, in a terminal of their own, as a user who has an account.
 *
 * - `sh` is typed into a shell, where prompts get the key or a yes; with `status=3` it has to end with that status, with `not-run` it is left out;
 * - `text output` is what the block before has shown, in this order: `…` stands for anything;
 * - `text files` is a tree of what is there now: folders end in `/`, remarks stand behind two blanks;
 * - any language with `file=NAME` is written into that file.
 */
export class Reader {
  readonly #box: Sandbox;
  readonly #civitai: Civitai;
  #shown = '';

  private constructor(box: Sandbox, civitai: Civitai) {
    this.#box = box;
    this.#civitai = civitai;
  }

  /** With our commands installed, and `pass`, the password manager, which has the key. */
  static async sitDown(box: Sandbox, civitai: Civitai): Promise<Reader> {
    const programs = {
      'node_modules/.bin/civitdl': `exec '${process.execPath}' '${binary('civitdl')}' "$@"`,
      'node_modules/.bin/civitconfig': `exec '${process.execPath}' '${binary('civitconfig')}' "$@"`,
      'bin/pass': `[ "$*" = 'show civitai' ] && echo ${civitai.goodKey}`,
    };
    for (const [name, command] of Object.entries(programs))
      await chmod(await box.write(name, `#!/bin/sh\n${command}\n`), 0o755);
    await box.write('work/.keep', '');
    // For programs of the pages that use the library.
    await symlink(repository, box.path('node_modules/civitdl'));
    return new Reader(box, civitai);
  }

  /** @throws when what the page says is not so */
  async follow({ language, marks, text }: Block): Promise<void> {
    const file = marks.get('file');
    if (file !== undefined) await this.#box.write(`work/${file}`, `${text}\n`);
    else if (language === 'sh' && !marks.has('not-run'))
      await this.#type(text, Number(marks.get('status') ?? 0));
    else if (marks.has('output')) this.#expectShown(text);
    else if (marks.has('files')) await this.#expectFiles(text);
  }

  async #type(script: string, expected: number): Promise<void> {
    const { CIVITDL_CONFIG_DIR: _config, CIVITDL_CACHE_DIR: _cache, ...env } = this.#box.env;
    const terminal = openTerminal('bash', ['-euo', 'pipefail', '-c', script], {
      cwd: this.#box.path('work'),
      env: {
        ...env,
        PATH: [this.#box.path('node_modules/.bin'), this.#box.path('bin'), env.PATH].join(delimiter),
        // What npx runs is here already.
        npm_config_offline: 'true',
        npm_config_update_notifier: 'false',
      },
      columns: 100,
      answers: { 'Civitai API key:': this.#civitai.goodKey, '[y/N]': 'y' },
    });
    const impatience = setTimeout(() => terminal.type(CTRL_C), PATIENCE);
    const status = await terminal.ended.finally(() => clearTimeout(impatience));
    this.#shown = terminal.text;
    if (status !== expected)
      throw new Error(`Status ${status}, not ${expected}, after\n${script}\n${this.#shown}`);
  }

  #expectShown(wanted: string): void {
    let end = 0;
    for (const part of wanted.split(/…|\n/).map((text) => text.trim())) {
      const start = this.#shown.indexOf(part, end);
      if (start < 0) throw new Error(`The page shows '${part}', but there is\n${this.#shown}`);
      end = start + part.length;
    }
  }

  async #expectFiles(tree: string): Promise<void> {
    for (const path of pathsOf(tree)) await stat(this.#box.path('work', path));
  }
}
