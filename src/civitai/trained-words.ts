import type { ModelVersion } from './model.js';

/** Returns the words that a prompt needs to make use of a version, such as a LoRA; empty if it has none. */
export function trainedWordsOf({ json }: Pick<ModelVersion, 'json'>): readonly string[] {
  const { trainedWords } = json;
  if (!Array.isArray(trainedWords)) return [];
  const words = trainedWords.filter((word) => typeof word === 'string').map((word) => word.trim());
  return [...new Set(words.filter((word) => word !== ''))];
}
