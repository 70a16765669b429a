import { stripVTControlCharacters } from 'node:util';
import { spawn } from '@lydell/node-pty';

/** A program that runs in a pseudo-terminal. */
export interface Terminal {
  /** Everything that the terminal has shown so far, as it came. */
  readonly output: string;
  /** The same without colours and movements of the cursor. */
  readonly text: string;
  /** Waits until something is shown. */
  shows(wanted: string | RegExp): Promise<void>;
  type(keys: string): void;
  resize(columns: number, rows: number): void;
  /** Sends a signal to the program. */
  kill(signal: string): void;
  /** The exit status. */
  readonly ended: Promise<number>;
}

export interface TerminalOptions {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly columns?: number;
  readonly rows?: number;
  /** Gets what the terminal is to show, as it comes. */
  readonly onOutput?: (data: string) => void;
  /** What is typed, with a return, whenever a line ends in one of these questions. */
  readonly answers?: Readonly<Record<string, string>>;
}

/** Milliseconds between two looks. */
const LOOK = 20;
const PATIENCE = 10_000;

/** Starts a program in a pseudo-terminal of that many columns. */
export function openTerminal(
  program: string,
  args: readonly string[],
  { cwd, env, columns = 100, rows = 30, onOutput = () => {}, answers = {} }: TerminalOptions,
): Terminal {
  const pty = spawn(program, [...args], {
    cols: columns,
    rows,
    cwd,
    env: { TERM: 'xterm-256color', ...env },
  });
  let output = '';
  const answer = answerer(answers);
  pty.onData((data) => {
    output += data;
    onOutput(data);
    const keys = answer(output);
    if (keys !== undefined) pty.write(`${keys}\r`);
  });
  const ended = new Promise<number>((resolve) => pty.onExit(({ exitCode }) => resolve(exitCode)));
  return {
    get output() {
      return output;
    },
    get text() {
      return stripVTControlCharacters(output);
    },
    shows: async (wanted) => {
      const isShown = () => (typeof wanted === 'string' ? output.includes(wanted) : wanted.test(output));
      for (let waited = 0; !isShown(); waited += LOOK) {
        if (waited > PATIENCE) throw new Error(`The terminal does not show ${wanted}, but:\n${output}`);
        await new Promise((resolve) => setTimeout(resolve, LOOK));
      }
    },
    type: (keys) => pty.write(keys),
    resize: (newColumns, newRows) => pty.resize(newColumns, newRows),
    kill: (signal) => pty.kill(signal),
    ended,
  };
}

/** Answers once per line: while it is typed, a prompt draws its line again and again. */
function answerer(answers: Readonly<Record<string, string>>): (output: string) => string | undefined {
  let answered = -1;
  return (output) => {
    const start = output.lastIndexOf('\n') + 1;
    const question = Object.keys(answers).find((text) => output.includes(text, start));
    if (question === undefined || start === answered) return undefined;
    answered = start;
    return answers[question];
  };
}
