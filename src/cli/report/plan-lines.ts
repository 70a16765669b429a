import { relative } from 'node:path';
import type { Planned } from '../../download/events.js';
import { stripControlChars } from '../../text.js';
import { createTerminalLayout } from '../terminal/terminal-layout.js';
import { truncateStart } from '../terminal/text-width.js';
import {
  describeChecksum,
  describeOrigin,
  type PlannedFile,
  PREFIX_COLUMNS,
  planNote,
  plannedFiles,
  planPrefix,
} from './plan-report.js';

export interface PlanLinesOptions {
  readonly rootDir: string;
  readonly verbose: boolean;
  readonly terminal: { readonly columns?: number | undefined };
}

const DEFAULT_COLUMNS = 80;
const INDENT = '  ';

/** Formats a plan as lines that fit a terminal, with paths relative to the root directory. */
export function fittedPlanLines(planned: Planned, options: PlanLinesOptions): readonly string[] {
  const { terminal, rootDir, verbose } = options;
  const layout = createTerminalLayout(terminal);
  const pathColumns = (terminal.columns || DEFAULT_COLUMNS) - 1 - PREFIX_COLUMNS;
  const note = planNote(planned);
  const detailsOf = (file: PlannedFile) =>
    [describeOrigin(file), verbose ? describeChecksum(file) : ''].filter(Boolean);
  return [
    ...(note === undefined ? [] : layout.wrap(`note: ${note}`, '', INDENT)),
    ...plannedFiles(planned).flatMap((file) => [
      planPrefix(file) + truncateStart(stripControlChars(relative(rootDir, file.path)), pathColumns),
      ...detailsOf(file).flatMap((detail) => layout.wrap(detail, INDENT)),
    ]),
  ];
}
