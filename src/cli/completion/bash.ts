import { quoted } from './quote.js';
import type { CommandFacts, Operand, OptionFacts } from './spec.js';

/** Where a path is wanted, no words are offered: then bash completes file names by itself. */
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
    // bash takes --option=value for three words.
    '  [[ $cur == "=" ]] && cur=',
    `  [[ $prev == "=" ]] && prev=\${COMP_WORDS[COMP_CWORD-2]}`,
    ...finder,
    '  case "$command $prev" in',
    ...[program, ...subcommands].flatMap((command) => valueCases(command, command === program)),
    '  esac',
    '  case "$command" in',
    `    ${quoted('')}) words=${quoted(wordsOf(program, names))} ;;`,
    ...subcommands.map((command) => `    ${command.name}) words=${quoted(wordsOf(command, []))} ;;`),
    '  esac',
    '  [[ $cur == -* || $words == [!-]* ]] && COMPREPLY=($(compgen -W "$words" -- "$cur"))',
    '}',
    `complete -o default -F _${name} ${name}`,
  ].join('\n');
}

/** What to offer behind an option that takes a value. */
function valueCases(command: CommandFacts, isProgram: boolean): readonly string[] {
  return command.options.flatMap((option) => {
    if (!option.operand) return [];
    const patterns = flagsOf(option).map((flag) => quoted(`${isProgram ? '' : command.name} ${flag}`));
    return [`    ${patterns.join('|')}) ${offerOf(option.operand)}return ;;`];
  });
}

function offerOf(operand: Operand): string {
  if (operand.kind === 'path') return '';
  // Older versions can't take the file names back.
  if (operand.kind === 'unknown') return 'compopt +o default 2>/dev/null; ';
  return `COMPREPLY=($(compgen -W ${quoted(operand.words.join(' '))} -- "$cur")); `;
}

function wordsOf({ options, operand }: CommandFacts, subcommands: readonly string[]): string {
  const operands = operand.kind === 'words' ? operand.words : [];
  return [...subcommands, ...operands, ...options.flatMap(flagsOf)].join(' ');
}

function flagsOf({ short, long }: OptionFacts): readonly string[] {
  return [...(short === undefined ? [] : [`-${short}`]), `--${long}`];
}
