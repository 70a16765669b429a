import { CivitdlError, UsageError } from '../../errors.js';
import { stripControlChars } from '../../text.js';
import { hintFor } from './hints.js';

/** An error as a person reads it: what happened, then what to do. */
export function describeProblem(error: unknown): {
  readonly message: string;
  readonly hint: string | undefined;
} {
  if (error instanceof CivitdlError) return { message: messageOf(error), hint: hintFor(error) };
  const message = error instanceof Error ? error.message : String(error);
  return {
    message: `Something went wrong that should not have: ${stripControlChars(message)}`,
    hint: "Run it again with '--verbose' for the details, and please report them.",
  };
}

/** One line, whatever a stranger put into a name; but several wrong arguments, which the user typed, have one each. */
function messageOf(error: CivitdlError): string {
  const lines = error instanceof UsageError ? error.message.split('\n') : [error.message];
  return lines.map(stripControlChars).join('\n');
}

/** The stacks of an error and of what caused it, with everything unprintable taken out. */
export function describeStack(error: unknown): string {
  const own = error instanceof Error ? (error.stack ?? error.message) : String(error);
  const cause =
    error instanceof Error && error.cause !== undefined ? `\ncaused by ${describeStack(error.cause)}` : '';
  return (
    own
      .split('\n')
      .map((line) => `  ${stripControlChars(line)}`)
      .join('\n') + cause
  );
}
