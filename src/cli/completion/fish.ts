import type { CommandFacts, Operand, OptionFacts } from './spec.js';

export function fishScript(programs: readonly CommandFacts[]): string {
  return programs.flatMap(linesOf).join('\n');
}

function linesOf(program: CommandFacts): readonly string[] {
  const { name, subcommands, options, operand } = program;
  const start = `complete -c ${name}`;
  if (subcommands.length === 0)
    return [...filesOf(start, operand), ...options.map((option) => lineOf(start, option))];
  const names = subcommands.map((subcommand) => subcommand.name).join(' ');
  const first = `${start} -n ${quoted(`not __fish_seen_subcommand_from ${names}`)}`;
  return [
    ...filesOf(first, { kind: 'unknown' }),
    ...options.map((option) => lineOf(first, option)),
    ...subcommands.map((subcommand) => `${first} -a ${subcommand.name} -d ${quoted(subcommand.description)}`),
    ...subcommands.flatMap((subcommand) => {
      const inside = `${start} -n ${quoted(`__fish_seen_subcommand_from ${subcommand.name}`)}`;
      return [
        ...filesOf(inside, subcommand.operand),
        ...subcommand.options.map((option) => lineOf(inside, option)),
      ];
    }),
  ];
}

/** By default fish completes file names; `-f` turns that off. */
function filesOf(start: string, operand: Operand): readonly string[] {
  if (operand.kind === 'path') return [];
  return [`${start} -f${operand.kind === 'words' ? ` -a ${quoted(operand.words.join(' '))}` : ''}`];
}

function lineOf(start: string, { short, long, description, operand }: OptionFacts): string {
  const names = `${short === undefined ? '' : ` -s ${short}`} -l ${long}`;
  return `${start}${names}${operand ? valueFlags(operand) : ''} -d ${quoted(description)}`;
}

function valueFlags(operand: Operand): string {
  if (operand.kind === 'path') return ' -r';
  return operand.kind === 'words' ? ` -x -a ${quoted(operand.words.join(' '))}` : ' -x';
}

/** Unlike in other shells, a backslash escapes even between single quotes. */
function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
