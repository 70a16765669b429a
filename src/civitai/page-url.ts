import type { Model, ModelVersion } from './model.js';

/** The bits of PG and PG-13, the levels that civitai.com shows. */
const SAFE_LEVELS = 0b11;

/** Returns the URL of a version's page, or of the model's without a version. civitai.red has the same ids, and shows mature models as well. */
export function pageUrl(
  { id, nsfwLevel }: Pick<Model, 'id' | 'nsfwLevel'>,
  version?: Pick<ModelVersion, 'id'>,
): string {
  const host = (nsfwLevel & ~SAFE_LEVELS) === 0 ? 'civitai.com' : 'civitai.red';
  return `https://${host}/models/${id}${version ? `?modelVersionId=${version.id}` : ''}`;
}
