import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ids } from '../../fake-civitai/catalog.js';
import { type Civitai, startCivitai } from '../../fake-civitai/civitai.js';
import { appRoots, makeEntries } from '../../harness/app-roots.js';
import { openTerminal, type Terminal } from '../../harness/pseudo-terminal.js';
import { type Line, screenOf } from './screen.js';

/** A command and the moment that a picture shows. */
export interface Scene {
  /** The name of the picture's file. */
  readonly name: string;
  readonly title: string;
  readonly command: string;
  /** Whether the command has a key. */
  readonly hasKey: boolean;
  /** {@link COLUMNS} by default. */
  readonly columns?: number;
  /** Of each connection; {@link BYTES_PER_SECOND} by default. */
  readonly bytesPerSecond?: number;
  /** Returns the output until the moment; the end of the command by default. */
  readonly moment?: (terminal: Terminal) => Promise<string>;
}

const COLUMNS = 100;

/** Slow enough to see a bar. */
const BYTES_PER_SECOND = 800_000;
/** Replaces the name of the temporary folder, which differs each time. */
const HOME = '/home/me';
const CTRL_C = '\x03';
/** The fake server accepts it. */
const GOOD_KEY = '0123456789abcdef0123456789abcdef';

const { mainExample, anything, absent, batch, lantern, names, disabled, earlyAccess, archived } = ids;

const MIXED = [names.emoji, mainExample, disabled, earlyAccess, ids.private, archived, absent];

function severalBars(terminal: Terminal): Promise<string> {
  return terminal.shows(/4 of 10.* left/);
}

export const scenes: readonly Scene[] = [
  {
    name: 'comfyui',
    title: 'A download to ComfyUI: one model is finished, a bar shows the progress of the next one',
    command: `civitdl ${lantern.model} ${mainExample.model} ~/ComfyUI --pause-time 1`,
    hasKey: true,
    moment: (terminal) => terminal.shows(/[5-8]\d % .* of 3\.15 MB .* left\s+.* of 2 models .* left/),
  },
  {
    name: 'run',
    title: 'A run under way: one model is there, a bar shows how far the next one is',
    command: `civitdl ${anything.model} ${mainExample.model} ./models --pause-time 1`,
    hasKey: true,
    moment: (terminal) => terminal.shows(/[5-8]\d % .* of 3\.15 MB .* left\s+.* of 2 models .* left/),
  },
  {
    name: 'jobs',
    title:
      'Three jobs on a terminal of 80 columns: a line for each model that is there, a bar for each that comes',
    command: 'civitdl batch.txt ./models --jobs 3 --pause-time 0',
    hasKey: true,
    columns: 80,
    bytesPerSecond: 70_000,
    moment: severalBars,
  },
  {
    name: 'narrow',
    title: 'The same on 40 columns',
    command: 'civitdl batch.txt ./models --jobs 3 --pause-time 0',
    hasKey: true,
    columns: 40,
    bytesPerSecond: 70_000,
    moment: severalBars,
  },
  {
    name: 'end',
    title: 'The end of a run: what was downloaded, what failed and why, and the command that tries it again',
    command: `civitdl ${anything.model} ${mainExample.model} ${earlyAccess.model} ./models --pause-time 0`,
    hasKey: true,
  },
  {
    name: 'wide',
    title: 'Eight jobs on a terminal of 120 columns: the paths of finished models are beside them',
    command: 'civitdl batch.txt ./models --jobs 8 --pause-time 0',
    hasKey: true,
    columns: 120,
    bytesPerSecond: 30_000,
    moment: (terminal) => terminal.shows(/2 of 10.* left/),
  },
  {
    name: 'failures',
    title: 'Five failures on a terminal of 80 columns, with what to do about each',
    command: 'civitdl mixed.txt ./models --pause-time 0',
    hasKey: true,
    columns: 80,
  },
  {
    name: 'failures-narrow',
    title: 'The same on 40 columns',
    command: 'civitdl mixed.txt ./models --pause-time 0',
    hasKey: true,
    columns: 40,
  },
  {
    name: 'list',
    title: 'A large list: what it has, what is to be downloaded, and the question before it',
    command: 'civitdl user:inkmaker ./models --type LORA,Checkpoint,VAE',
    hasKey: true,
    moment: (terminal) => terminal.shows('[y/N]'),
  },
  {
    name: 'search',
    title: 'The models that a search finds, to choose from',
    command: 'civitdl search lantern -o ./models',
    hasKey: true,
    moment: async (terminal) => {
      await terminal.shows('submit');
      terminal.type(' ');
      return terminal.shows(/◉[\s\S]*submit/);
    },
  },
  {
    name: 'defaults',
    title: 'civitconfig default prints what is kept',
    command: 'civitconfig default',
    hasKey: false,
  },
  {
    name: 'first-run',
    title: 'The first download that needs a key asks for it, and continues',
    command: `civitdl ${mainExample.model} ./models`,
    hasKey: false,
    moment: async (terminal) => {
      await terminal.shows('Civitai API key:');
      terminal.type(`${GOOD_KEY}\r`);
      await terminal.shows('[y/N]');
      terminal.type('y\r');
      await terminal.ended;
      return terminal.output;
    },
  },
  {
    name: 'key',
    title: 'The prompt for the API key shows nothing of what is typed',
    command: `civitdl ${mainExample.model} ./models -k`,
    hasKey: false,
    moment: async (terminal) => {
      await terminal.shows('Civitai API key:');
      terminal.type('0123456789');
      // Enough time to show what was typed.
      await new Promise((resolve) => setTimeout(resolve, 300));
      return terminal.output;
    },
  },
];

export function columnsOf({ columns = COLUMNS }: Scene): number {
  return columns;
}

/** Runs the command of a scene, and returns what the terminal shows at its moment. */
export async function play(scene: Scene): Promise<readonly Line[]> {
  // Short, so that nothing is cut off a path that the picture has room for.
  const folder = await mkdtemp(join(tmpdir(), 'c-'));
  const civitai = await startCivitai({ bytesPerSecond: scene.bytesPerSecond ?? BYTES_PER_SECOND });
  try {
    const home = join(folder, 'home');
    await mkdir(home);
    makeEntries(join(home, 'ComfyUI'), appRoots.ComfyUI);
    await writeFile(join(home, 'batch.txt'), batch.models.join('\n'));
    await writeFile(join(home, 'mixed.txt'), MIXED.map(({ model }) => model).join('\n'));
    const terminal = open(scene, home, civitai);
    const output = await scene.moment?.(terminal);
    if (output !== undefined) terminal.type(CTRL_C);
    await terminal.ended;
    const shown = `$ ${scene.command}\r\n${output ?? terminal.output}`;
    return await screenOf(shown.replaceAll(home, HOME), columnsOf(scene));
  } finally {
    await civitai.close();
    await rm(folder, { recursive: true, force: true });
  }
}

function open(scene: Scene, home: string, civitai: Civitai): Terminal {
  const { command, hasKey } = scene;
  const [name = '', ...args] = command.split(' ');
  const binary = fileURLToPath(new URL(`../../../bin/${name}.js`, import.meta.url));
  return openTerminal(process.execPath, [binary, ...args], {
    cwd: home,
    columns: columnsOf(scene),
    env: {
      PATH: process.env.PATH,
      HOME: home,
      CIVITAI_BASE_URL: civitai.url,
      CIVITDL_CONFIG_DIR: join(home, '..', 'config'),
      CIVITDL_CACHE_DIR: join(home, '..', 'cache'),
      ...(hasKey && { CIVITAI_API_KEY: civitai.goodKey }),
    },
  });
}
