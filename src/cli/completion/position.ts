import { type CommandFacts, type Operand, type OptionFacts, settingValues } from './spec.js';

/** The place of the cursor in a command line. */
export interface Position {
  readonly command: CommandFacts;
  /** What can be typed here; undefined if nothing can but options. */
  readonly operand: Operand | undefined;
  /** The start of the word that is not part of the value: `--sorter=` or `-s`. */
  readonly kept: string;
  /** What was typed of the value. */
  readonly typed: string;
  /** Whether an option can be typed here; then {@link operand} is what can be typed instead. */
  readonly takesOption: boolean;
  /** Whether a subcommand can be typed here. */
  readonly takesSubcommand: boolean;
}

/**
 * Finds out what can be typed at the cursor.
 * @param before the words between the name of the program and the word at the cursor
 * @param current the word at the cursor, up to the cursor
 */
export function findPosition(program: CommandFacts, before: readonly string[], current: string): Position {
  const { command, operands, pending, onlyOperands } = readWords(program, before);
  const rest = { command, takesOption: false, takesSubcommand: false };
  if (pending) return { ...rest, operand: pending, kept: '', typed: current };
  if (!onlyOperands && current.startsWith('-')) {
    const value = attachedValue(command, current);
    if (value) return { ...rest, ...value };
    return { ...rest, operand: undefined, kept: '', typed: current, takesOption: true };
  }
  const index = operands.length;
  const facts = command.operands[index] ?? command.operands.findLast(({ isVariadic }) => isVariadic);
  return {
    command,
    operand: facts?.operand.kind === 'setting value' ? settingValues(operands[0] ?? '') : facts?.operand,
    kept: '',
    typed: current,
    takesOption: !onlyOperands && !facts && command.subcommands.length === 0,
    takesSubcommand: index === 0 && command.subcommands.length > 0,
  };
}

interface Words {
  readonly command: CommandFacts;
  readonly operands: readonly string[];
  /** The operand of the last word, if that is an option without its value. */
  readonly pending: Operand | undefined;
  /** After `--`. */
  readonly onlyOperands: boolean;
}

function readWords(program: CommandFacts, words: readonly string[]): Words {
  let command = program;
  let operands: readonly string[] = [];
  let pending: Operand | undefined;
  for (const [index, word] of words.entries()) {
    if (pending) pending = undefined;
    else if (word === '--')
      return { command, operands: [...operands, ...words.slice(index + 1)], pending, onlyOperands: true };
    else if (word.startsWith('-') && word !== '-') pending = missingValue(command, word);
    else {
      const subcommand =
        operands.length === 0 ? command.subcommands.find(({ name }) => name === word) : undefined;
      if (subcommand) command = subcommand;
      else operands = [...operands, word];
    }
  }
  return { command, operands, pending, onlyOperands: false };
}

/** Returns what the next word is, if the option takes a value and the word does not contain it. */
function missingValue({ options }: CommandFacts, word: string): Operand | undefined {
  if (word.startsWith('--')) return options.find(({ long }) => `--${long}` === word)?.operand;
  const cluster = readCluster(options, word);
  return cluster?.value === '' ? cluster.operand : undefined;
}

interface Cluster {
  readonly operand: Operand;
  readonly kept: string;
  readonly value: string;
}

/** Reads short options in one word, the last of which takes a value: `-pj4`. */
function readCluster(options: readonly OptionFacts[], word: string): Cluster | undefined {
  for (let index = 1; index < word.length; index++) {
    const option = options.find(({ short }) => short === word[index]);
    if (!option) return undefined;
    if (option.operand)
      return { operand: option.operand, kept: word.slice(0, index + 1), value: word.slice(index + 1) };
  }
  return undefined;
}

type AttachedValue = Pick<Position, 'operand' | 'kept' | 'typed'>;

/** Returns the value in the same word as its option. */
function attachedValue({ options }: CommandFacts, current: string): AttachedValue | undefined {
  if (current.startsWith('--')) {
    const { name, value } = /^--(?<name>[^=]+)=(?<value>.*)$/s.exec(current)?.groups ?? {};
    if (name === undefined || value === undefined) return undefined;
    const operand = options.find(({ long }) => long === name)?.operand ?? { kind: 'unknown' };
    return { operand, kept: `--${name}=`, typed: value };
  }
  const cluster = readCluster(options, current);
  if (!cluster || cluster.value === '') return undefined;
  return { operand: cluster.operand, kept: cluster.kept, typed: cluster.value };
}
