import { shellQuote } from '../shell-quote.js';
import type { CommandFacts, Operand, OptionFacts } from './spec.js';

export function zshScript(programs: readonly CommandFacts[]): string {
  return programs
    .flatMap((program) => [functionOf(program), `compdef _${program.name} ${program.name}`])
    .join('\n');
}

function functionOf(program: CommandFacts): string {
  const body =
    program.subcommands.length === 0
      ? argumentsOf(program.options, '  ', [`'*:argument:${actionOf(program.operand)}'`])
      : dispatcher(program);
  return [`_${program.name}() {`, ...body, '}'].join('\n');
}

/** Completes a subcommand's name, then its options and arguments. */
function dispatcher({ options, subcommands }: CommandFacts): readonly string[] {
  const names = subcommands.map(({ name, description }) =>
    shellQuote(`${name}:${description.replaceAll(':', '\\:')}`),
  );
  return [
    '  local context state state_descr line',
    '  typeset -A opt_args',
    ...argumentsOf(options, '  ', ["'1:command:->command'", "'*::argument:->argument'"], '-C'),
    '  case $state in',
    '    command)',
    `      local -a commands=(${names.join(' ')})`,
    "      _describe 'command' commands ;;",
    '    argument)',
    '      case $words[1] in',
    ...subcommands.flatMap((command) => [
      `        ${command.name})`,
      ...argumentsOf(command.options, '          ', [`'*:argument:${actionOf(command.operand)}'`]),
      '          ;;',
    ]),
    '      esac ;;',
    '  esac',
  ];
}

function argumentsOf(
  options: readonly OptionFacts[],
  indent: string,
  operands: readonly string[],
  flag?: string,
): readonly string[] {
  const lines = [`_arguments ${flag ? `${flag} ` : ''}-s -S`, ...options.map(optionSpec), ...operands];
  return lines.map(
    (line, index) => `${indent}${index === 0 ? '' : '  '}${line}${index < lines.length - 1 ? ' \\' : ''}`,
  );
}

function optionSpec({ short, long, description, operand }: OptionFacts): string {
  const text = description.replace(/[[\]:\\]/g, '\\$&');
  const rest = shellQuote(`[${text}]${operand ? `:value:${actionOf(operand)}` : ''}`);
  // The value may be in the same word as well.
  const [shortEnd, longEnd] = operand ? ['+', '='] : ['', ''];
  return short === undefined
    ? `--${long}${longEnd}${rest}`
    : `${shellQuote(`(-${short} --${long})`)}{-${short}${shortEnd},--${long}${longEnd}}${rest}`;
}

function actionOf(operand: Operand): string {
  if (operand.kind === 'path') return '_files';
  return operand.kind === 'words' ? `(${operand.words.join(' ')})` : ' ';
}
