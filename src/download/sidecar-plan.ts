import { hasWeights } from '../cache/model-files.js';
import { detailsOf, type ModelDetails } from '../civitai/details.js';
import { previewUrl, previewVideoUrl } from '../civitai/images.js';
import type { ExampleImage, Model, ModelFile, ModelVersion } from '../civitai/model.js';
import type { AppSidecars, PreviewName } from '../sidecars/app-sidecars.js';
import { stemOf } from '../sidecars/format.js';
import { planSidecars, type SidecarTask } from '../sidecars/sidecars.js';

/** The files for applications next to a model, and what they say. */
export interface SidecarPlan {
  /** Absolute path of the model file. */
  readonly path: string;
  readonly tasks: readonly SidecarTask[];
  readonly preview: PreviewTask | undefined;
  readonly details: ModelDetails;
  readonly hashes: ReadonlyMap<string, string>;
}

export interface PreviewTask {
  /** The model's path without its extension. */
  readonly stem: string;
  readonly names: readonly PreviewName[];
  /** Stills of about the size of a card; the first that is a JPEG or PNG is taken. */
  readonly urls: readonly URL[];
  readonly videoUrl: URL | undefined;
  readonly nsfwLevel: number;
  readonly isEmbedding: boolean;
}

export interface SidecarPlanInput {
  readonly model: Model;
  readonly version: ModelVersion;
  readonly file: ModelFile;
  /** Absolute path of the model file. */
  readonly path: string;
  /** The example images that the user allows. */
  readonly images: readonly ExampleImage[];
  readonly sidecars: AppSidecars;
  /** The paths that the primary file of the version can have, if the file is another one. */
  readonly primaryPaths: readonly string[];
}

/** Plans the files next to a model; undefined if there are none. */
export function planSidecarFiles(input: SidecarPlanInput): SidecarPlan | undefined {
  const { model, version, file, path, sidecars } = input;
  if (sidecars.formats.length === 0 && sidecars.previews.length === 0) return undefined;
  if (!hasWeights(path) || sharesStem(input)) return undefined;
  const hasSha256 = file.hashes.has('SHA256');
  return {
    path,
    tasks: planSidecars(sidecars.formats, { path, modelType: model.type, hasSha256 }),
    preview: planPreview(input),
    details: detailsOf(model, version, file),
    hashes: file.hashes,
  };
}

/** Whether the primary file has the same name with another extension, so that the sidecars are its own. */
function sharesStem({ path, primaryPaths }: SidecarPlanInput): boolean {
  return primaryPaths.some((one) => hasWeights(one) && stemOf(one) === stemOf(path));
}

const MAX_STILLS = 3;

function planPreview({ model, file, path, images, sidecars }: SidecarPlanInput): PreviewTask | undefined {
  const shown = images.filter(({ type }) => type !== 'audio').slice(0, MAX_STILLS);
  const [first] = shown;
  if (!first || sidecars.previews.length === 0) return undefined;
  const playsVideo = sidecars.playsVideos && first.type === 'video';
  return {
    stem: stemOf(path),
    names: sidecars.previews,
    urls: shown.map(previewUrl),
    videoUrl: playsVideo ? previewVideoUrl(first) : undefined,
    nsfwLevel: first.nsfwLevel,
    isEmbedding: model.type === 'TextualInversion' || file.type === 'Negative',
  };
}
