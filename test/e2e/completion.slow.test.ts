import { execFile, execFileSync } from 'node:child_process';
import { chmod } from 'node:fs/promises';
import { delimiter } from 'node:path';
import { promisify } from 'node:util';
import { spawn } from '@lydell/node-pty';
import { describe, expect } from 'vitest';
import { completionScript } from '../../src/cli/completion/completion.js';
import { createProgram } from '../../src/cli/program.js';
import { binary, run } from '../harness/command.js';
import { offlineTest as it, sandbox } from '../harness/fixture.js';
import type { Sandbox } from '../harness/sandbox.js';

const execute = promisify(execFile);
const shells = ['bash', 'zsh', 'fish'] as const;
type Shell = (typeof shells)[number];

const POLL_MS = 10;
const TIMEOUT_MS = 10_000;

/** Lines up to the cursor, with a word that the shell must suggest, and one that it must not suggest. */
const lines: readonly (readonly [line: string, offered: string, not: string])[] = [
  ['civitconfig ', 'settings', '--max-images'],
  ['civitconfig al', 'alias', 'settings'],
  ['civitconfig settings --', '--with-key', '--max-images'],
  ['civitconfig settings --js', '--json', '--reset'],
  ['civitconfig --json default --max', '--max-images', '--model-overwrite'],
  ['civitconfig default --no-', '--no-api-key', '--json'],
  ['civitconfig completion ', 'fish', 'civitdl'],
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
];

/** Return what a shell offers for each line, after it has loaded the completion script of the real command. */
const offers: Readonly<Record<Shell, (sandbox: Sandbox, env: Env) => Promise<readonly string[]>>> = {
  bash: async (sandbox, env) => {
    const suggest = (line: string) => {
      const words = line.split(' ');
      return [
        `COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}) COMP_CWORD=${words.length - 1}`,
        `_${words[0]}; words=("\${COMPREPLY[@]}")`,
        // If the function offers nothing, bash completes file names.
        `[ \${#COMPREPLY[@]} -gt 0 ] || words=($(compgen -f -- '${words.at(-1)}'))`,
        `echo "\${words[@]}"`,
      ].join('\n');
    };
    const script = ['source <(civitconfig completion bash)', ...lines.map(([line]) => suggest(line))];
    const args = ['--norc', '--noprofile', '-c', script.join('\n')];
    const { stdout } = await execute('bash', args, { cwd: sandbox.path('work'), env });
    return stdout.split('\n');
  },
  fish: async (sandbox, env) => {
    const suggest = (line: string) => `echo (complete -C '${line}' | string replace -r '\t.*' '')`;
    const script = ['civitconfig completion fish | source', ...lines.map(([line]) => suggest(line))];
    const args = ['--no-config', '-c', script.join('\n')];
    const { stdout } = await execute('fish', args, { cwd: sandbox.path('work'), env });
    return stdout.split('\n');
  },
  zsh: async (sandbox, env) => {
    const shell = spawn('zsh', ['-f', '-i'], { cwd: sandbox.path('work'), env, cols: 300, rows: 50 });
    let output = '';
    shell.onData((data) => {
      output += data;
    });
    let marks = 0;
    /** Types keys, and returns the output up to a mark, which another key prints after them. */
    const type = async (keys: string) => {
      output = '';
      shell.write(`${keys}\x18`);
      const mark = `MARK${++marks}.`;
      for (let waited = 0; !output.includes(mark); waited += POLL_MS) {
        if (waited > TIMEOUT_MS) throw new Error(`zsh does not come to ${mark} but shows:\n${output}`);
        await new Promise((resolve) => setTimeout(resolve, POLL_MS));
      }
      return output;
    };
    const setup = [
      'autoload -Uz compinit; compinit -D -u; setopt no_list_ambiguous no_beep',
      // Complete even if the keys arrive faster than zsh reads them.
      "zstyle ':completion:*' insert-tab false",
      'mark() { zle -R; print "\\nMARK$((++marks))." }; zle -N mark; bindkey "^X" mark',
      'source <(civitconfig completion zsh)',
    ];
    await type(`${setup.join('; ')}\r`);
    const offered: string[] = [];
    for (const [line] of lines) offered.push(await type(`\x15${line}\t`));
    shell.kill();
    return offered;
  },
};

type Env = Record<string, string>;

function isInstalled(shell: Shell): boolean {
  try {
    execFileSync(shell, ['-c', 'true']);
    return true;
  } catch {
    return false;
  }
}

describe('civitconfig completion', () => {
  it.for(shells)('lets %s complete options, commands, choices and paths', async (shell, { skip }) => {
    skip(!isInstalled(shell), `${shell} IS NOT INSTALLED HERE, SO ITS COMPLETION IS NOT TESTED`);
    for (const name of ['civitdl', 'civitconfig'] as const) {
      const script = `#!/bin/sh\nexec '${process.execPath}' '${binary(name)}' "$@"\n`;
      await chmod(await sandbox.write(`bin/${name}`, script), 0o755);
    }
    for (const name of ['batch.txt', 'other.txt']) await sandbox.write(`work/${name}`, '');
    const env = {
      ...sandbox.env,
      PATH: [sandbox.path('bin'), sandbox.env.PATH].join(delimiter),
      TERM: 'dumb',
    };
    const offered = await offers[shell](sandbox, env);
    for (const [index, [line, word, not]] of lines.entries()) {
      const words = (offered[index] ?? '').split(/[\s\b]+/);
      expect(words, `${line}: ${offered[index]}`).toContain(word);
      expect(words, `${line}: ${offered[index]}`).not.toContain(not);
    }
  });

  it('knows no other shell', async () => {
    const { status, stdout, stderr } = await run('civitconfig', ['completion', 'tcsh'], sandbox);
    expect(status).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toContain("'tcsh' is invalid for argument 'shell'. Allowed choices are bash, zsh, fish.");
  });

  it.for(shells)(
    'is for %s a script that keeps strange descriptions to themselves',
    async (shell, { skip }) => {
      skip(!isInstalled(shell), `${shell} IS NOT INSTALLED HERE, SO ITS COMPLETION IS NOT TESTED`);
      const program = createProgram('strange', process).description("it's $(touch oops) `touch oops`");
      program.option('-x, --ex <path>', 'it\'s [a] \\ test: $(touch oops) `touch oops` "');
      program.command('sub').description("it's a: $(touch oops)").option('--y', "'");
      const path = await sandbox.write('script', completionScript(shell, [program]));
      const env = { ...sandbox.env, HOME: sandbox.path('home') };
      const start = shell === 'zsh' ? 'compdef() { true }; ' : '';
      await execute(shell, ['-c', `${start}source ${path}`], { cwd: sandbox.dir, env });
      expect(await sandbox.tree('.')).toEqual(['script']);
    },
  );
});
