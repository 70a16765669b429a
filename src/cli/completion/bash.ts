import { shellQuote } from '../shell-quote.js';
import type { CommandFacts, Operand, OptionFacts } from './spec.js';

/** Returns the completion functions of bash. For a path they return no words: then bash completes file names. */
export function bashScript(programs: readonly CommandFacts[]): string {
  return programs.map(functionOf).join('\n');
}

function functionOf(program: CommandFacts): string {
  const { name, subcommands } = program;
  const names = subcommands.map((subcommand) => subcommand.name);
  const finder =
    names.length === 0
      ? []
      : [
          `  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do`,
          `    case $word in ${names.join('|')}) command=$word; break ;; esac`,
          '  done',
        ];
  return [
    `_${name}() {`,
    `  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} command= word words=`,
    '  COMPREPLY=()',
    // For bash, --option=value is three words.
    '  [[ $cur == "=" ]] && cur=',
    `  [[ $prev == "=" ]] && prev=\${COMP_WORDS[COMP_CWORD-2]}`,
    ...finder,
    '  case "$command $prev" in',
    ...[program, ...subcommands].flatMap((command) => valueCases(command, command === program)),
    '  esac',
    '  case "$command" in',
    `    ${shellQuote('')}) words=${shellQuote(wordsOf(program, names))} ;;`,
    ...subcommands.map((command) => `    ${command.name}) words=${shellQuote(wordsOf(command, []))} ;;`),
    '  esac',
    '  [[ $cur == -* || $words == [!-]* ]] && COMPREPLY=($(compgen -W "$words" -- "$cur"))',
    '}',
    `complete -o default -F _${name} ${name}`,
  ].join('\n');
}

/** Completes the values of options. */
function valueCases(command: CommandFacts, isProgram: boolean): readonly string[] {
  return command.options.flatMap((option) => {
    if (!option.operand) return [];
    const patterns = flagsOf(option).map((flag) => shellQuote(`${isProgram ? '' : command.name} ${flag}`));
    return [`    ${patterns.join('|')}) ${replyFor(option.operand)}return ;;`];
  });
}

function replyFor(operand: Operand): string {
  if (operand.kind === 'path') return '';
  // Older versions of bash have no compopt, and still complete file names.
  if (operand.kind === 'unknown') return 'compopt +o default 2>/dev/null; ';
  return `COMPREPLY=($(compgen -W ${shellQuote(operand.words.join(' '))} -- "$cur")); `;
}

function wordsOf({ options, operand }: CommandFacts, subcommands: readonly string[]): string {
  const operands = operand.kind === 'words' ? operand.words : [];
  return [...subcommands, ...operands, ...options.flatMap(flagsOf)].join(' ');
}

function flagsOf({ short, long }: OptionFacts): readonly string[] {
  return [...(short === undefined ? [] : [`-${short}`]), `--${long}`];
}
