import { quoted } from './quote.js';
import type { CommandFacts, Operand, OptionFacts } from './spec.js';

export function zshScript(programs: readonly CommandFacts[]): string {
  return programs
    .flatMap((program) => [functionOf(program), `compdef _${program.name} ${program.name}`])
    .join('\n');
}

function functionOf(program: CommandFacts): string {
  const body =
    program.subcommands.length === 0
      ? argumentsOf(program, '  ', [`'*:argument:${actionOf(program.operand)}'`])
      : dispatcher(program);
  return [`_${program.name}() {`, ...body, '}'].join('\n');
}

/** Completes a subcommand's name, then what belongs to that subcommand. */
function dispatcher({ options, subcommands }: CommandFacts): readonly string[] {
  const names = subcommands.map(({ name, description }) =>
    quoted(`${name}:${description.replaceAll(':', '\\:')}`),
  );
  return [
    '  local context state state_descr line',
    '  typeset -A opt_args',
    ...argumentsOf({ options }, '  ', ["'1:command:->command'", "'*::argument:->argument'"], '-C'),
    '  case $state in',
    '    command)',
    `      local -a commands=(${names.join(' ')})`,
    "      _describe 'command' commands ;;",
    '    argument)',
    '      case $words[1] in',
    ...subcommands.flatMap((command) => [
      `        ${command.name})`,
      ...argumentsOf(command, '          ', [`'*:argument:${actionOf(command.operand)}'`]),
      '          ;;',
    ]),
    '      esac ;;',
    '  esac',
  ];
}

function argumentsOf(
  { options }: Pick<CommandFacts, 'options'>,
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
  const rest = quoted(`[${text}]${operand ? `:value:${actionOf(operand)}` : ''}`);
  // The value may stand in the same word, too.
  const [shortEnd, longEnd] = operand ? ['+', '='] : ['', ''];
  return short === undefined
    ? `--${long}${longEnd}${rest}`
    : `${quoted(`(-${short} --${long})`)}{-${short}${shortEnd},--${long}${longEnd}}${rest}`;
}

function actionOf(operand: Operand): string {
  if (operand.kind === 'path') return '_files';
  return operand.kind === 'words' ? `(${operand.words.join(' ')})` : ' ';
}
