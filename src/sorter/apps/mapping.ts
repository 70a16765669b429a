/** The parts of a settings file that name folders: texts by key, at any depth. */
export interface Mapping extends ReadonlyMap<string, string | Mapping> {}

interface Line {
  readonly number: number;
  readonly indent: number;
  readonly text: string;
}

/** A syntax of `key: value` lines whose nesting is their indentation. */
interface MappingSyntax {
  readonly parseKey: (text: string) => string;
  readonly parseValue: (text: string) => string;
  /** Matches the value of a key whose text is in the indented lines below it. */
  readonly block?: RegExp;
}

/**
 * The part of YAML that settings of folders use: mappings of plain or quoted texts, and block texts.
 * @throws Error naming the line that is anything else
 */
export function parseYaml(text: string): Mapping {
  return parseMapping(text, { parseKey: parseYamlText, parseValue: parseYamlText, block: /^[|>][+-]?$/ });
}

/** FreneticDataSyntax, in which SwarmUI keeps its settings. @throws Error naming the line */
export function parseFds(text: string): Mapping {
  return parseMapping(text.replaceAll('\t', '    '), { parseKey: parseFdsKey, parseValue: parseFdsText });
}

function parseMapping(text: string, syntax: MappingSyntax): Mapping {
  const lines = text
    .replace(/^\ufeff/, '')
    .split(/\r\n|\r|\n/)
    .map((line, index): Line => {
      const indent = line.length - line.trimStart().length;
      return { number: index + 1, indent, text: line.trim() };
    })
    .filter((line) => line.text !== '' && !line.text.startsWith('#') && line.text !== '---');
  return readMapping(lines, syntax);
}

function readMapping(lines: readonly Line[], syntax: MappingSyntax): Mapping {
  const mapping = new Map<string, string | Mapping>();
  const [first] = lines;
  for (let index = 0; index < lines.length; ) {
    const line = lines[index] as Line;
    const below = linesBelow(lines, index);
    if (line.indent !== first?.indent) throw invalid(line);
    const { key, value } = splitLine(line);
    const hasBlock = syntax.block?.test(value) === true;
    if (below.length > 0 && value !== '' && !hasBlock) throw invalid(below[0] as Line);
    const isNested = below.length > 0 && !hasBlock;
    const content = hasBlock ? below.map((one) => one.text).join('\n') : syntax.parseValue(value);
    mapping.set(syntax.parseKey(key), isNested ? readMapping(below, syntax) : content);
    index += 1 + below.length;
  }
  return mapping;
}

function linesBelow(lines: readonly Line[], index: number): readonly Line[] {
  const indent = lines[index]?.indent ?? 0;
  const end = lines.findIndex((line, other) => other > index && line.indent <= indent);
  return lines.slice(index + 1, end === -1 ? lines.length : end);
}

function splitLine(line: Line): { readonly key: string; readonly value: string } {
  const { key, value = '' } =
    /^(?<key>"[^"]*"|'[^']*'|[^\s:"'[{&*!|>%@`-][^:]*?)\s*:(\s+(?<value>.*))?$/.exec(line.text)?.groups ?? {};
  if (key === undefined) throw invalid(line);
  return { key, value };
}

function invalid({ number, text }: Line): Error {
  return new Error(`line ${number} ('${text.slice(0, 80)}') is not understood`);
}

function parseYamlText(text: string): string {
  const double = /^"(?<inner>(\\.|[^"\\])*)"\s*(#.*)?$/.exec(text)?.groups?.inner;
  if (double !== undefined)
    return double.replace(/\\(.)/g, (_whole, one: string) => YAML_ESCAPES[one] ?? one);
  const single = /^'(?<inner>(''|[^'])*)'\s*(#.*)?$/.exec(text)?.groups?.inner;
  if (single !== undefined) return single.replaceAll("''", "'");
  if (/^["'[{&*!%@`]/.test(text)) throw new Error(`the value '${text.slice(0, 80)}' is not understood`);
  return text.replace(/(^|\s+)#.*$/, '').trim();
}

const YAML_ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t' };

function parseFdsKey(text: string): string {
  return parseFdsText(text.replaceAll('\\d', '.').replaceAll('\\c', ':').replaceAll('\\e', '='));
}

function parseFdsText(text: string): string {
  return text
    .replaceAll('\\t', '\t')
    .replaceAll('\\n', '\n')
    .replaceAll('\\r', '\r')
    .replaceAll('\\x', '')
    .replaceAll('\\s', '\\');
}
