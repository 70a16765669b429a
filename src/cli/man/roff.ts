/** Lines of a man page are wrapped in its source as well: `mandoc -T lint` warns of long ones. */
const MAX_WIDTH = 78;

/** Escapes a text for roff, where some ASCII characters become typographic ones. Hyphens of options stay hyphens. */
function escapeText(text: string): string {
  return escapeSigns(text).replace(/(?<![\w-])--?[a-z][\w-]*/g, escapeHyphens);
}

/** Escapes a text that people copy: all its hyphens stay hyphens, and its quotation marks straight. */
export function escapeCode(text: string): string {
  return escapeHyphens(escapeSigns(text)).replaceAll("'", '\\(aq').replaceAll('"', '\\(dq');
}

function escapeHyphens(text: string): string {
  return text.replaceAll('-', '\\-');
}

function escapeSigns(text: string): string {
  return text
    .replaceAll('\\', '\\e')
    .replaceAll('~', '\\(ti')
    .replaceAll('^', '\\(ha')
    .replaceAll('`', '\\(ga')
    .replace(
      /[^\x20-\x7e]/gu,
      (char) => `\\[u${char.codePointAt(0)?.toString(16).toUpperCase().padStart(4, '0')}]`,
    );
}

/** Returns the lines of a paragraph, a line per sentence or less. */
export function textLines(text: string): readonly string[] {
  return text.split(/(?<=[.:]) (?=[A-Z])/).flatMap((sentence) => wrap(escapeText(sentence)));
}

function wrap(text: string): readonly string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= MAX_WIDTH)
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  // A dot or a quotation mark at the start of a line would make it a request.
  return lines.map((line) => (/^[.']/.test(line) ? `\\&${line}` : line));
}

export function bold(text: string): string {
  return `\\fB${escapeCode(text)}\\fR`;
}

/** Formats flags or a usage: names are bold, and what stands for something else is in italics. */
export function formatUsage(text: string): string {
  return text
    .split(/(<[^>]+>|--?[a-zA-Z][\w-]*)/)
    .map((part) => {
      if (part.startsWith('<')) return `\\fI${escapeCode(part.slice(1, -1))}\\fR`;
      return part.startsWith('-') ? bold(part) : escapeCode(part);
    })
    .join('');
}

/** Returns an entry of a list: a term in its final form, and its explanation. */
export function entryLines(term: string, explanation: string): readonly string[] {
  return ['.TP', term, ...textLines(explanation)];
}
