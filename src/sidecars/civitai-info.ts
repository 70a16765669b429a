import { type Json, type JsonFormat, objectOf, stemOf } from './format.js';
import { breaksSwarm } from './swarmui.js';

/** What Civitai says about the version. Civitai-Helper's marks and the local files of pictures are kept. */
export const civitaiInfo: JsonFormat = {
  suffix: (path) => `${stemOf(path)}.civitai.info`,
  merge: (existing, { versionJson }) => ({
    ...existing,
    ...withTexts(versionJson),
    ...('extensions' in existing && { extensions: existing.extensions }),
    images: withLocalFiles(versionJson.images, existing.images),
  }),
};

/** SwarmUI fails for other values. */
function withTexts(json: Json): Json {
  return Object.fromEntries(Object.entries(json).filter(([key, value]) => !breaksSwarm(key, value)));
}

function withLocalFiles(images: unknown, before: unknown): readonly unknown[] {
  const local = new Map(
    listOf(before).flatMap(({ url, local_file: file }) => (file === undefined ? [] : [[url, file]])),
  );
  return listOf(images).map((image) =>
    local.has(image.url) ? { ...image, local_file: local.get(image.url) } : image,
  );
}

function listOf(value: unknown): readonly Json[] {
  return Array.isArray(value) ? value.map(objectOf) : [];
}
