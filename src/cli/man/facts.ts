import type { exitStatus } from '../exit-status.js';
import type { Rows } from '../help.js';

/** What each exit status means. */
export const statusMeanings: Readonly<Record<keyof typeof exitStatus, string>> = {
  done: 'success',
  other: 'another failure, such as a disk error or a wrong checksum',
  usage: 'wrong usage: nothing was done',
  access: 'the API key is missing or wrong, or its account has no access',
  notFound: 'not found',
  network: 'network or server failure',
  rateLimit: 'too many requests, or the daily limit of downloads is reached',
  partly: 'failures of several kinds, or some downloads succeeded and others failed',
  interrupted: 'interrupted',
};

/** Windows has no man pages. */
export const settingFiles: Rows = [
  [
    '~/.config/civitdl/config.json',
    'The settings, with the API key. On macOS, they are in ~/Library/Preferences/civitdl.',
  ],
  ['~/.config/civitdl/sorters/', 'The files of added sorters.'],
  ['~/.config/civitdl/trash/', 'Settings that were reset, or replaced by an import.'],
  ['~/.cache/civitdl/', 'The list of downloaded files. On macOS, it is in ~/Library/Caches/civitdl.'],
];

export const downloadFiles: Rows = [
  ['<model file>.part', 'The bytes of an unfinished download. The next run resumes it.'],
  ['<model file>.part.json', 'What the next run needs for that.'],
  ['<model file>.part.lock', 'Keeps other commands from writing the same file.'],
];
