import type { Command, Option } from 'commander';

export type { Command } from 'commander';

/** A command as a completion script needs it. */
export interface CommandFacts {
  readonly name: string;
  readonly description: string;
  readonly options: readonly OptionFacts[];
  readonly operand: Operand;
  readonly subcommands: readonly CommandFacts[];
}

export interface OptionFacts {
  /** Without hyphens. */
  readonly short: string | undefined;
  readonly long: string;
  readonly description: string;
  /** Undefined for a switch. */
  readonly operand: Operand | undefined;
}

/** The possible values of an argument or option. */
export type Operand =
  | { readonly kind: 'path' }
  | { readonly kind: 'words'; readonly words: readonly string[] }
  | { readonly kind: 'unknown' };

/** @param inherited options of the parent command */
export function describeCommand(command: Command, inherited: readonly Option[] = []): CommandFacts {
  const own = command.createHelp().visibleOptions(command);
  const options = [...own, ...inherited.filter(({ long }) => !own.some((option) => option.long === long))];
  const inheritable = command.options.filter(({ long }) => long !== '--version');
  return {
    name: command.name(),
    description: command.description(),
    options: options.map(describeOption),
    operand: operandOf(command),
    subcommands: command.commands.map((subcommand) => describeCommand(subcommand, inheritable)),
  };
}

function describeOption({ short, long, flags, description }: Option): OptionFacts {
  const placeholder = /<(?<name>.+?)>/.exec(flags)?.groups?.name;
  return {
    short: short?.slice(1),
    long: (long ?? '').slice(2),
    description,
    operand: placeholder === undefined ? undefined : operandFor(placeholder),
  };
}

/** @param placeholder the text in the angle brackets of an option */
function operandFor(placeholder: string): Operand {
  if (/path|^dir$|^file$/.test(placeholder)) return { kind: 'path' };
  const words = placeholder.split(',');
  return words.length > 1 && words.every((word) => /^\w+$/.test(word))
    ? { kind: 'words', words }
    : { kind: 'unknown' };
}

function operandOf(command: Command): Operand {
  const [argument] = command.registeredArguments;
  if (!argument) return { kind: 'unknown' };
  return argument.argChoices ? { kind: 'words', words: argument.argChoices } : { kind: 'path' };
}
