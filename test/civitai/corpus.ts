import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Real answers of the API lie beside the repository, since they are too large for it. */
const folder = new URL('../../../shared/corpus/', import.meta.url);

/** Why a test of real answers is skipped. */
export const noCorpus = `The real answers are not there: ${fileURLToPath(folder)}`;
export const hasCorpus = existsSync(folder);

/** A file as it is; empty where there is no corpus. */
function readCorpus(name: string): string {
  return hasCorpus ? readFileSync(new URL(name, folder), 'utf8') : '';
}

export const corpusModelNames = (): readonly string[] =>
  readCorpus('model-names.txt')
    .split('\n')
    .filter((name) => name !== '');

/** The 299 answers of 2023, each as its text. */
export const corpusModels = (): readonly string[] =>
  readCorpus('models-2023.ndjson')
    .split('\n')
    .filter((line) => line !== '');

export const corpusModel2024 = (): string => readCorpus('model-2024.json');
export const corpusVersion2024 = (): string => readCorpus('model-version-2024.json');
