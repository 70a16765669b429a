import { execFile, execFileSync } from 'node:child_process';
import { chmod, mkdir } from 'node:fs/promises';
import { delimiter } from 'node:path';
import { promisify } from 'node:util';
import { spawn } from '@lydell/node-pty';
import { describe, expect } from 'vitest';
import { binary, run } from '../harness/command.js';
import { offlineTest as it, sandbox } from '../harness/fixture.js';
import type { Sandbox } from '../harness/sandbox.js';

const execute = promisify(execFile);
const shells = ['bash', 'zsh', 'fish'] as const;
type Shell = (typeof shells)[number];
type Env = Record<string, string>;

const POLL_MS = 10;
const TIMEOUT_MS = 20_000;

/** Does harm in a shell that expands it. */
const STRANGE = '@a b$(touch oops)\'"é';
const STRANGE_SORTER = "it's `touch oops` $HOME";

/** Lines up to the cursor, with a word that the shell must suggest, and one that it must not suggest. */
const lines: readonly (readonly [line: string, offered: string, not: string])[] = [
  ['civitconfig ', 'settings', '--max-images'],
  ['civitconfig al', 'alias', 'settings'],
  ['civitconfig settings --', '--with-key', '--max-images'],
  ['civitconfig settings --js', '--json', '--reset'],
  ['civitconfig --json default --max', '--max-images', '--model-overwrite'],
  ['civitconfig default --no-', '--no-api-key', '--json'],
  ['civitconfig completion ', 'powershell', 'civitdl'],
  ['civitdl --dry', '--dry-run', '--json'],
  ['civitdl 66 models --nsfw-mode ', '2', 'batch.txt'],
  ['civitdl 66 models --nsfw ', 'safe', 'batch.txt'],
  ['civitdl --no-i', '--no-images', '--no-cache'],
  ['civitdl 66 -o ba', 'batch.txt', 'other.txt'],
  ['civitdl 66 --op', '--open', '--exec'],
  ['civitconfig who', 'whoami', 'login'],
  ['civitconfig get max', 'max-images', 'sorter'],
  ['civitconfig default --root', '--root-dir', '--retry-count'],
  ['civitdl ba', 'batch.txt', 'other.txt'],
  ['civitconfig settings --import ba', 'batch.txt', 'other.txt'],
  ['civitconfig alias -a @x ba', 'batch.txt', 'other.txt'],
  ['civitdl -s ', 'comfyui', 'batch.txt'],
  ['civitdl -s ./ba', 'batch.txt', 'other.txt'],
  ['civitconfig sorter --delete ', 'mine', 'comfyui'],
  ['civitdl 66 ', '@models', '--json'],
  ['civitdl 66 ot', 'other.txt', '@models'],
];

/** Lines up to the cursor, and the whole line after the Tab key, unless the shell has other words for it. */
const insertions: readonly (readonly [
  line: string,
  inserted: string,
  others?: Partial<Record<Shell, string>>,
])[] = [
  ['civitdl 66 @mo', 'civitdl 66 @models '],
  ['civitdl 66 @models/my', 'civitdl 66 @models/my\\ loras/'],
  ['civitdl 66 "@models/my', 'civitdl 66 "@models/my loras/', { bash: 'civitdl 66 "@models/my loras/"' }],
  ['civitdl --output=@mo', 'civitdl --output=@models '],
  ['civitdl --sorter=mi', 'civitdl --sorter=mine '],
  ['civitdl -qsmi', 'civitdl -qsmine '],
  ['civitdl --output=my\\ d', 'civitdl --output=my\\ dir/'],
  ['civitdl 66 @a', `civitdl 66 @a\\ b\\$\\(touch\\ oops\\)\\'\\"é `],
  ['civitdl 66 "@a', `civitdl 66 "@a b\\$(touch oops)'\\"é" `],
  ["civitdl 66 '@a", `civitdl 66 '@a b$(touch oops)'\\''"é' `],
  ['civitdl -s it', "civitdl -s it\\'s\\ \\`touch\\ oops\\`\\ \\$HOME "],
  ['civitdl "$(touch oops)" --dry', 'civitdl "$(touch oops)" --dry-run '],
];

/** What a shell shows, and the line that it leaves. */
interface Shown {
  readonly output: string;
  readonly line: string;
}

interface Session {
  /** Types a line and the Tab key. */
  readonly complete: (line: string) => Promise<Shown>;
  readonly end: () => void;
}

/** The Tab key lists all words at once, and Ctrl-X prints the line between marks. */
const SETUP: Readonly<Record<'bash' | 'zsh', readonly string[]>> = {
  bash: [
    "bind 'set show-all-if-ambiguous on'; bind 'set page-completions off'; bind 'set completion-query-items 0'",
    "bind 'set bell-style none'; bind 'set enable-bracketed-paste off'; PS1='$ '",
    `bind -x '"\\C-x": printf "\\nLINE<%s>END\\n" "$READLINE_LINE"'`,
  ],
  zsh: [
    'autoload -Uz compinit; compinit -D -u; setopt no_list_ambiguous no_beep',
    // Complete even if the keys arrive faster than zsh reads them.
    "zstyle ':completion:*' insert-tab false",
    'mark() { zle -R; print; print -r -- "LINE<$BUFFER>END" }; zle -N mark; bindkey "^X" mark',
  ],
};

async function openSession(shell: 'bash' | 'zsh', env: Env): Promise<Session> {
  const start = [...SETUP[shell], `eval "$(civitconfig completion ${shell})"`, ''].join('\n');
  const file = await sandbox.write(shell === 'bash' ? 'start/bashrc' : 'start/.zshrc', start);
  const args = shell === 'bash' ? ['--noprofile', '--rcfile', file, '-i'] : ['-d', '-i'];
  const terminal = spawn(shell, args, {
    cwd: sandbox.path('work'),
    env: { ...env, ZDOTDIR: sandbox.path('start') },
    cols: 200,
    rows: 100,
  });
  let output = '';
  terminal.onData((data) => {
    output += data;
  });
  const type = async (keys: string) => {
    output = '';
    terminal.write(`${keys}\x18`);
    for (let waited = 0; ; waited += POLL_MS) {
      const { line } = /LINE<(?<line>[^\r\n]*)>END/.exec(output)?.groups ?? {};
      if (line !== undefined) return { output: output.slice(0, output.indexOf('LINE<')), line };
      if (waited > TIMEOUT_MS) throw new Error(`${shell} does not come to the mark but shows:\n${output}`);
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  };
  await type('');
  return { complete: (line) => type(`\x15${line}\t`), end: () => terminal.kill() };
}

/** fish says itself what it offers; it inserts words with quotes of its own. */
async function fishSession(env: Env): Promise<Session> {
  const complete = async (line: string) => {
    const script = 'civitconfig completion fish | source; complete --escape -C $argv[1]';
    const { stdout } = await execute('fish', ['--no-config', '-c', script, line], {
      cwd: sandbox.path('work'),
      env,
    });
    return { output: stdout.replace(/\t.*/g, ''), line: '' };
  };
  return { complete, end: () => {} };
}

function isInstalled(shell: Shell): boolean {
  try {
    execFileSync(shell, ['-c', 'true']);
    return true;
  } catch {
    return false;
  }
}

async function prepare({ write, path, env }: Sandbox): Promise<Env> {
  for (const name of ['civitdl', 'civitconfig'] as const) {
    const script = `#!/bin/sh\nexec '${process.execPath}' '${binary(name)}' "$@"\n`;
    await chmod(await write(`bin/${name}`, script), 0o755);
  }
  for (const name of ['batch.txt', 'other.txt']) await write(`work/${name}`, '');
  for (const name of ['work/my dir', 'models/my loras']) await mkdir(path(name), { recursive: true });
  const config = {
    version: 2,
    aliases: { '@models': path('models'), [STRANGE]: '@models/sub' },
    sorters: { mine: { template: '{model}' }, [STRANGE_SORTER]: { template: '{creator}/$(touch oops)' } },
  };
  await write('config/config.json', JSON.stringify(config));
  return {
    ...env,
    PATH: [path('bin'), env.PATH].join(delimiter),
    TERM: 'dumb',
    LANG: 'C.UTF-8',
    HISTFILE: '/dev/null',
  };
}

describe('civitconfig completion', () => {
  it.for(shells)('lets %s complete options, commands, values, names and paths', async (shell, { skip }) => {
    skip(!isInstalled(shell), `${shell} IS NOT INSTALLED HERE, SO ITS COMPLETION IS NOT TESTED`);
    const env = await prepare(sandbox);
    const session = shell === 'fish' ? await fishSession(env) : await openSession(shell, env);
    for (const [line, word, not] of lines) {
      const { output, line: left } = await session.complete(line);
      const words = `${output} ${left}`.split(/[\s\b]+/).map((path) => path.replace('./', ''));
      expect(words, `${line}: ${output}`).toContain(word);
      expect(words, `${line}: ${output}`).not.toContain(not);
    }
    for (const [line, inserted, others] of shell === 'fish' ? [] : insertions)
      expect((await session.complete(line)).line).toBe(others?.[shell] ?? inserted);
    // Known without another start of the shell.
    const names = { '@new': sandbox.path('new') };
    await sandbox.write('config/config.json', JSON.stringify({ version: 2, aliases: names }));
    const { output, line } = await session.complete('civitdl 66 @ne');
    expect(`${output} ${line}`).toContain('@new');
    session.end();
    expect(await sandbox.tree('.')).not.toContain('work/oops');
  });

  it('offers fish names with its own quotes', async ({ skip }) => {
    skip(!isInstalled('fish'), 'fish IS NOT INSTALLED HERE, SO ITS COMPLETION IS NOT TESTED');
    const session = await fishSession(await prepare(sandbox));
    const offered = async (line: string) => (await session.complete(line)).output.trimEnd();
    expect(await offered('civitdl 66 @a')).toBe(`@a\\ b\\$\\(touch\\ oops\\)\\'\\"é`);
    expect(await offered('civitdl 66 "@models/my')).toBe('"@models/my loras/');
    expect(await offered('civitdl --output=my\\ d')).toBe('--output=my\\ dir/');
    expect(await offered('civitdl --output=@mo')).toBe('--output=@models');
    expect(await offered('civitdl -qsmi')).toBe('-qsmine');
    expect(await sandbox.tree('.')).not.toContain('work/oops');
  });

  it('knows no other shell', async () => {
    const { status, stdout, stderr } = await run('civitconfig', ['completion', 'tcsh'], sandbox);
    expect(status).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toContain(
      "'tcsh' is invalid for argument 'shell'. Allowed choices are bash, zsh, fish, powershell.",
    );
  });

  it.for(shells)(
    'prints for %s a script that does nothing but define completions',
    async (shell, { skip }) => {
      skip(!isInstalled(shell), `${shell} IS NOT INSTALLED HERE, SO ITS COMPLETION IS NOT TESTED`);
      const { stdout } = await run('civitconfig', ['completion', shell], sandbox);
      const path = await sandbox.write('script', stdout);
      const start = shell === 'zsh' ? 'compdef() { true }; ' : '';
      // No command is found, so that any would fail.
      const env = { HOME: sandbox.path('home'), PATH: '/nowhere' };
      const ended = await execute(
        execFileSync('which', [shell], { encoding: 'utf8' }).trim(),
        ['-c', `${start}source ${path}`],
        {
          cwd: sandbox.dir,
          env,
        },
      );
      expect(ended.stderr).toBe('');
      expect(await sandbox.tree('.')).toEqual(['script']);
    },
  );
});
