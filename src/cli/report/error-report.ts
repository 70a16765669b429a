import {
  AccessError,
  CivitdlError,
  type KeyOrigin,
  NetworkError,
  type ProxyOrigin,
  UsageError,
} from '../../errors.js';
import { stripControlChars } from '../../text.js';

/** Describes an error to a user: what happened, and what to do. */
export function describeProblem(error: unknown): {
  readonly message: string;
  readonly hint: string | undefined;
} {
  if (error instanceof CivitdlError) return { message: messageOf(error), hint: hintFor(error) };
  const message = error instanceof Error ? error.message : String(error);
  return {
    message: `Unexpected error: ${stripControlChars(message)}`,
    hint: 'Run the command again with --verbose for the details, and please report them.',
  };
}

/** Names from the server cannot break the line; a UsageError has a line for each wrong argument. */
function messageOf(error: CivitdlError): string {
  const lines = error instanceof UsageError ? error.message.split('\n') : [error.message];
  return lines.map(stripControlChars).join('\n');
}

/** Formats the stacks of an error and its causes, without control characters. */
export function describeStack(error: unknown): string {
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  const cause =
    error instanceof Error && error.cause !== undefined ? `\ncaused by ${describeStack(error.cause)}` : '';
  return (
    stack
      .split('\n')
      .map((line) => `  ${stripControlChars(line)}`)
      .join('\n') + cause
  );
}

const PASS_KEY = "pass it for this run with 'civitdl -k', or store it for all runs with 'civitconfig login'";

const CHECK_PROXY =
  "Check it and the connection, or do without it: pass --no-proxy to civitdl, or run 'civitconfig default --no-proxy'.";
const PROXY_REFUSED =
  'Check its address, the user name and the password, or ask whoever runs it. Or do without it: pass --no-proxy.';

const HINTS: Readonly<Record<string, string>> = {
  'key-missing': `Get a key at https://civitai.com/user/account, then ${PASS_KEY}.`,
  'key-wrong': `Check the key at https://civitai.com/user/account, then ${PASS_KEY}.`,
  'key-unclear':
    'Check the key at https://civitai.com/user/account, and that its account has access. Or try again later.',
  'downloads-disabled': 'An API key does not help: only the creator can allow downloads again.',
  'early-access':
    "Buy access on the model's page, or wait until early access ends, then run the command again.",
  'no-access': "Ask the model's owner for access, or use the key of an account that has it.",
  'region-blocked': 'Civitai blocks it in the region that you connect from.',
  'not-found': "Check the id on the model's page. Deleted and unpublished models cannot be downloaded.",
  'file-not-found':
    'Its storage may be unavailable for a moment: try again later, or choose another file of the version.',
  archived: 'The owner archived it, so it can no longer be downloaded.',
  'no-such-file':
    "Choose another version with 'MODEL@VERSION', or another file with a URL that ends in '?fileId=ID'.",
  unreachable: 'Check the connection, then run the command again.',
  broken: 'Run the command again to resume.',
  timeout: 'Run the command again to resume.',
  untrusted: 'The connection could not be trusted. Check the network, and the certificates that it needs.',
  'proxy-refused':
    'Check the address, the user name and the password in the proxy settings, or ask whoever runs the proxy.',
  server: 'The server has a problem. Try again later.',
  'bad-answer': 'Try again later. If the error remains, the Civitai API may have changed: please report it.',
  'route-changed':
    'Pass the models themselves: copy the addresses of their pages. A newer civitdl may know the route.',
  guarded:
    'Cloudflare blocks the connection, not the API key. Wait a while, turn off a VPN or proxy, or use another network.',
  'rate-limited': 'Wait a few minutes before you run the command again.',
  'daily-limit': 'Wait a few hours before you run the command again: more requests make it worse.',
  'wrong-kind': 'Try again later: the server sent something other than the file.',
  'wrong-size': 'Try again later: the server sent a file that does not match its description.',
  'wrong-range': 'Try again later: the server sent a different part of the file than requested.',
  changed: 'Try again later: the file is being replaced on the server.',
  'too-long': 'Try again later: the server sent a file that does not match its description.',
  'wrong-checksum':
    'Try again later. Sometimes the published checksum is wrong: see the comments on the model page.',
  'no-space': 'Free some space, then run the command again to resume.',
  'too-little-space': 'Free some space, choose another folder, or pass --force-space to start anyway.',
  'file-too-large':
    'Choose a folder on another disk: FAT32 ends files at 4 GiB, exFAT and NTFS do not. Or raise the limit of your system.',
  busy: 'Close the program that uses it, or wait until it is done, then run the command again.',
  'not-permitted': 'Choose a folder that you can write to.',
  'file-system': 'Check the path and the disk.',
  'target-exists': 'Run the command again: the model gets another name.',
  locked: 'Wait until that process has ended. If it is not running, remove the lock file.',
  'bad-sorter': 'Fix the sorter: doc/sorter.md describes what a sorter must be.',
  'sorter-failed': 'Fix the sorter or use another one: doc/sorter.md describes what it must return.',
  'bad-config':
    "Fix the file, or run 'civitconfig settings --reset' to start over; that moves the file to the trash folder.",
  'app-settings': 'Check the file in the application.',
  'newer-config': 'Update civitdl.',
  'python-config':
    "Import it with 'civitconfig settings --import' and this path; the file itself is moved to the trash folder.",
};

function hintFor(error: unknown): string | undefined {
  if (error instanceof NetworkError && error.proxyFrom !== undefined)
    return `The proxy is ${nameProxy(error.proxyFrom)}. ${error.code === 'proxy-refused' ? PROXY_REFUSED : CHECK_PROXY}`;
  if (error instanceof AccessError && error.code === 'key-wrong' && error.keyFrom !== undefined)
    return `Check the key at https://civitai.com/user/account, then ${replaceKey(error.keyFrom)}.`;
  return error instanceof CivitdlError ? HINTS[error.code] : undefined;
}

function nameProxy(from: ProxyOrigin): string {
  return from === 'typed' || from === 'stored' ? `the ${from} one` : `that of ${from}`;
}

/** Whatever is stored, the key of a variable is used. */
function replaceKey(keyFrom: KeyOrigin): string {
  if (keyFrom === 'typed') return "type it again, or store it with 'civitconfig login'";
  return keyFrom === 'stored' ? "store a valid one with 'civitconfig login'" : `change ${keyFrom}`;
}
