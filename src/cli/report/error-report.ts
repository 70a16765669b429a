import { CivitdlError, UsageError } from '../../errors.js';
import { stripControlChars } from '../../text.js';

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

const GIVE_KEY =
  "give a key for this run with 'civitdl -k', or keep one for all runs with 'civitconfig default -k'";

const HINTS: Readonly<Record<string, string>> = {
  'key-missing': `Get a key on https://civitai.com/user/account, then ${GIVE_KEY}.`,
  'key-wrong': `Check the key on https://civitai.com/user/account, then ${GIVE_KEY}.`,
  'key-unclear':
    'Check the key on https://civitai.com/user/account, and that its account has access; or try again later.',
  'downloads-disabled': 'A key does not help: only its creator can allow downloads again.',
  'early-access': "Buy access on the model's page, or wait; then run the command again.",
  'no-access': "Ask the model's owner for access, or use a key of an account that has it.",
  'region-blocked': 'Civitai decides by the place that you connect from.',
  'not-found':
    "Check the id on the model's page; what was deleted or is not published yet can't be downloaded.",
  archived: "Its owner has archived it: it can't be downloaded any more.",
  'no-such-file':
    "Name another version, like 'MODEL@VERSION', or another file, with a URL that ends in '?fileId=ID'.",
  unreachable: 'Check the connection and any proxy settings, then run the command again.',
  broken: 'Run the command again: it goes on where it stopped.',
  timeout: 'Run the command again: it goes on where it stopped.',
  untrusted:
    'Something between here and there is not what it should be: check the network, its proxies and their certificates.',
  server: 'The server has a problem: try again later.',
  'bad-answer':
    'Try again later; if it stays so, the site has changed and civitdl has to follow: please report it.',
  'rate-limited': 'Wait some minutes before you run the command again.',
  'daily-limit': 'Wait some hours before you run the command again: asking more often makes it worse.',
  'wrong-kind': 'Try again later: the server gives something else than the file.',
  'wrong-size': 'Try again later: what the server gives is not the file that it describes.',
  'wrong-range': 'Try again later: the server gives other parts of the file than asked for.',
  changed: 'Try again later: the file is being replaced on the server.',
  'too-long': 'Try again later: what the server gives is not the file that it describes.',
  'wrong-checksum':
    'Try again later. Now and then the recorded checksum itself is wrong: the comments on the model page may tell.',
  'no-space': 'Make room, then run the command again: it goes on where it stopped.',
  'too-little-space': "Make room, choose another folder, or try all the same with '--force-space'.",
  'not-permitted': 'Choose a folder that you may write to.',
  'file-system': 'Check the path and the disk.',
  locked: 'Wait until that process has ended. If there is none, remove the file.',
  'bad-sorter': 'Correct its file; doc/sorter.md says what a sorter has to be.',
  'sorter-failed': 'Correct the sorter, or use another one; doc/sorter.md says what it has to return.',
  'bad-config':
    "Correct the file, or start anew with 'civitconfig settings --reset', which moves it to the trash folder.",
  'newer-config': 'Update civitdl.',
  'python-config':
    "Bring it over with 'civitconfig settings --import' and this path; the file itself is moved to the trash folder.",
};

/** What a user can do about an error. */
function hintFor(error: unknown): string | undefined {
  return error instanceof CivitdlError ? HINTS[error.code] : undefined;
}
