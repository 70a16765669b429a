import { stripVTControlCharacters } from 'node:util';
import { type IPty, spawn } from '@lydell/node-pty';

/** A program in a pseudo-terminal. */
export interface Terminal {
  /** The output so far. */
  readonly output: string;
  /** The output without escape sequences. */
  readonly text: string;
  /** Waits until the output has a text, and returns the output up to its end. */
  shows(wanted: string | RegExp): Promise<string>;
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
  /** The longest time that `shows` waits. */
  readonly timeoutMs?: number;
  /** Called with new output. */
  readonly onOutput?: (data: string) => void;
  /** Typed, with a return, after a line that ends with the question. */
  readonly answers?: Readonly<Record<string, string>>;
}

const POLL_MS = 20;

/** Starts a program in a pseudo-terminal. */
export function openTerminal(
  program: string,
  args: readonly string[],
  {
    cwd,
    env,
    columns = 100,
    rows = 30,
    timeoutMs = 10_000,
    onOutput = () => {},
    answers = {},
  }: TerminalOptions,
): Terminal {
  const pty = spawn(program, [...args], {
    cols: columns,
    rows,
    cwd,
    env: { TERM: 'xterm-256color', ...env },
  });
  keepLastOutput(pty);
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
      for (let waited = 0; waited <= timeoutMs; waited += POLL_MS) {
        const end = endOfMatch(output, wanted);
        if (end !== undefined) return output.slice(0, end);
        await new Promise((resolve) => setTimeout(resolve, POLL_MS));
      }
      throw new Error(`The terminal does not show ${wanted}, but:\n${output}`);
    },
    type: (keys) => pty.write(keys),
    resize: (newColumns, newRows) => pty.resize(newColumns, newRows),
    kill: (signal) => pty.kill(signal),
    ended,
  };
}

/** How long the last output may take to be read. */
const LAST_OUTPUT_MS = 2_000;

/**
 * node-pty closes its end 200 ms after the program has ended, with all output that is not read yet. On a busy machine,
 * that is the end of a summary. Without this, the system closes it when everything is read, with an error.
 */
function keepLastOutput(pty: IPty): void {
  const { _socket: socket } = pty as unknown as { readonly _socket: { destroy(error?: Error): unknown } };
  const destroy = socket.destroy.bind(socket);
  socket.destroy = (error) => {
    if (error) return destroy(error);
    setTimeout(destroy, LAST_OUTPUT_MS).unref();
    return socket;
  };
}

function endOfMatch(text: string, wanted: string | RegExp): number | undefined {
  const index = typeof wanted === 'string' ? text.indexOf(wanted) : text.search(wanted);
  if (index < 0) return undefined;
  return index + (typeof wanted === 'string' ? wanted : (wanted.exec(text)?.[0] ?? '')).length;
}

/** Answers once per line, since a prompt draws its line again while it is typed. */
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
