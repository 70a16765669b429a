interface Environment {
  readonly stderr: { readonly isTTY?: boolean | undefined };
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** The features of the terminal on stderr; all false if there is none. */
export interface Capabilities {
  /** Whether the cursor can be moved, as bars need it. */
  readonly cursor: boolean;
  readonly utf8: boolean;
  /** Whether its font has signs such as a check mark. */
  readonly symbols: boolean;
  /** Whether a program can set the title of its window (OSC 2). */
  readonly title: boolean;
  /** Whether it shows progress on its tab or in the task bar (OSC 9;4). */
  readonly progress: boolean;
  /** Whether it shows hyperlinks (OSC 8). */
  readonly hyperlinks: boolean;
}

/** Determines the features of the terminal from the variables that it sets. */
export function terminalCapabilities({ stderr, env }: Environment): Capabilities {
  const cursor = stderr.isTTY === true && env.TERM !== 'dumb';
  // The console of Linux has a small font, and its older versions print the text of an OSC sequence.
  const isConsole = env.TERM === 'linux';
  const utf8 = cursor && hasUtf8Locale(env);
  return {
    cursor,
    utf8,
    symbols: utf8 && !isConsole && !isOldWindowsConsole(env),
    title: cursor && !isConsole,
    progress: cursor && showsProgress(env),
    hyperlinks: cursor && showsHyperlinks(env),
  };
}

/** Without a locale, as in a container, the terminal outside most likely has UTF-8. */
function hasUtf8Locale({ LC_ALL, LC_CTYPE, LANG }: Environment['env']): boolean {
  const locale = LC_ALL || LC_CTYPE || LANG;
  return !locale || /utf-?8/i.test(locale);
}

function isOldWindowsConsole({ OS, WT_SESSION, TERM, TERM_PROGRAM, ConEmuANSI }: Environment['env']) {
  return OS === 'Windows_NT' && !(WT_SESSION || TERM || TERM_PROGRAM || ConEmuANSI);
}

/** Only known terminals: others show the text of OSC 9 as a notification. */
function showsProgress(env: Environment['env']): boolean {
  const { WT_SESSION, ConEmuANSI, VTE_VERSION, TERM_PROGRAM } = env;
  if (isMultiplexed(env)) return false;
  if (WT_SESSION || ConEmuANSI === 'ON' || VTE_VERSION) return true;
  if (TERM_PROGRAM === 'iTerm.app') return isVersionAtLeast(env.TERM_PROGRAM_VERSION, [3, 6, 6]);
  return TERM_PROGRAM === 'ghostty' || TERM_PROGRAM === 'WezTerm';
}

const TERMS_WITH_LINKS = /^(xterm-kitty|alacritty|foot|contour|xterm-ghostty|wezterm)/;
const PROGRAMS_WITH_LINKS = new Set(['ghostty', 'WezTerm', 'vscode', 'zed', 'Hyper', 'mintty', 'rio']);

function showsHyperlinks(env: Environment['env']): boolean {
  const { WT_SESSION, VTE_VERSION, TERM, TERM_PROGRAM } = env;
  if (isMultiplexed(env)) return false;
  // VTE 0.50.0 crashed at a hyperlink.
  if (VTE_VERSION) return Number(VTE_VERSION) > 5000;
  if (TERM_PROGRAM === 'iTerm.app') return isVersionAtLeast(env.TERM_PROGRAM_VERSION, [3, 1]);
  return (
    Boolean(WT_SESSION) || PROGRAMS_WITH_LINKS.has(TERM_PROGRAM ?? '') || TERMS_WITH_LINKS.test(TERM ?? '')
  );
}

/** Under tmux and screen, the variables are those of another terminal. */
function isMultiplexed({ TERM, TMUX, STY }: Environment['env']): boolean {
  return Boolean(TMUX || STY) || /^(screen|tmux)/.test(TERM ?? '');
}

function isVersionAtLeast(version: string | undefined, minimum: readonly number[]): boolean {
  const numbers = (version ?? '').split('.').map(Number);
  for (const [index, least] of minimum.entries()) {
    const number = numbers[index] ?? 0;
    if (number !== least) return number > least;
  }
  return true;
}
