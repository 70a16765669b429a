import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Real responses of the API are too large for the repository. */
const folder = new URL('../../../shared/corpus/', import.meta.url);

/** Reason why a test of real responses is skipped. */
export const noCorpus = `The real responses are missing: ${fileURLToPath(folder)}`;
export const hasCorpus = existsSync(folder);

/** Returns an empty text without the corpus. */
function readCorpus(name: string): string {
  return hasCorpus ? readFileSync(new URL(name, folder), 'utf8') : '';
}

export const corpusModelNames = (): readonly string[] =>
  readCorpus('model-names.txt')
    .split('\n')
    .filter((name) => name !== '');

/** 299 responses of 2023, each as its text. */
export const corpusModels = (): readonly string[] =>
  readCorpus('models-2023.ndjson')
    .split('\n')
    .filter((line) => line !== '');

export const corpusModel2024 = (): string => readCorpus('model-2024.json');
export const corpusVersion2024 = (): string => readCorpus('model-version-2024.json');
