import type { SidecarFormat } from '../options/sidecar-formats.js';

/** The files that an application reads next to a model. */
export interface AppSidecars {
  readonly formats: readonly SidecarFormat[];
  /** Names of previews, as the ends of the model's path without its extension. */
  readonly previews: readonly PreviewName[];
  /** Whether it plays videos as previews. */
  readonly playsVideos: boolean;
}

/** `X.preview.jpeg`, or `X.jpg`. */
export type PreviewName = 'preview' | 'plain';

const WEB_UI: AppSidecars = {
  formats: ['a1111', 'civitai-helper'],
  previews: ['preview'],
  playsVideos: false,
};
const COMFYUI: AppSidecars = {
  formats: ['lora-manager', 'rgthree', 'sha256', 'model-manager'],
  previews: ['preview', 'plain'],
  playsVideos: true,
};

const NOTHING: AppSidecars = { formats: [], previews: [], playsVideos: false };

const APPS: ReadonlyMap<string, AppSidecars> = new Map([
  ['comfyui', COMFYUI],
  ['a1111', WEB_UI],
  ['forge', WEB_UI],
  ['forge-neo', { ...WEB_UI, playsVideos: true }],
  ['sdnext', { formats: ['a1111'], previews: ['plain'], playsVideos: false }],
  ['swarmui', { formats: ['swarmui'], previews: ['plain'], playsVideos: false }],
  [
    'stability-matrix',
    {
      formats: ['stability-matrix', ...WEB_UI.formats, ...COMFYUI.formats],
      previews: ['preview', 'plain'],
      playsVideos: false,
    },
  ],
  ['invokeai', { formats: ['a1111'], previews: ['plain'], playsVideos: false }],
]);

/** Formats whose readers look for `X.jpg` only. */
const PLAIN_PREVIEWS: ReadonlySet<SidecarFormat> = new Set(['swarmui', 'rgthree']);

/**
 * Returns what to write for an application.
 * @param app undefined if no application reads the folder
 * @param chosen the formats that the user has chosen; undefined for those of the application
 */
export function sidecarsFor(
  app: string | undefined,
  chosen: readonly SidecarFormat[] | undefined,
): AppSidecars {
  const own = (app !== undefined && APPS.get(app)) || NOTHING;
  if (!chosen) return own;
  if (chosen.length === 0) return NOTHING;
  const needed = new Set<PreviewName>(own.previews);
  for (const format of chosen) {
    if (PLAIN_PREVIEWS.has(format)) needed.add('plain');
    else if (format !== 'sha256' && own.previews.length === 0) needed.add('preview');
  }
  return { ...own, formats: chosen, previews: [...needed] };
}
