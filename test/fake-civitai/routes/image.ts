import type { CatalogImage } from '../catalog/entry.js';
import { inMemory } from '../content/content.js';
import { contentTypes, type MediaFormat, media } from '../content/media.js';
import { serveBytes } from '../server/range.js';
import { type Reply, redirect, reply } from '../server/reply.js';
import type { RecordedRequest } from '../server/request.js';
import type { ServerState } from '../server/state.js';

/** The path of moved images on B2. */
export const MOVED_IMAGES = '/file/civitai-media';

/** `GET /<account>/<uuid>/<parameters>/<name>.<extension>`: the account and the name are ignored. */
export function answerImage(request: RecordedRequest, state: ServerState): Reply {
  const [extension, parameters = '', uuid = ''] = request.path.split('/').toReversed();
  const image = state.catalog.image(uuid);
  if (image === undefined || image.state === 'dead') return reply(404, 'text/plain', 'Not found');
  if (image.state === 'moved' && request.host === 'images') {
    return redirect(302, `${state.origins.b2}${MOVED_IMAGES}${request.path}`);
  }
  const format = formatOf(image, parameters, extension ?? '');
  return serveBytes(inMemory(media(format, `image ${image.id}`)), request.headers, {
    'content-type': contentTypes[format],
    'cache-control': 'public, max-age=31536000',
  });
}

/** The host sends a still of a video unless the parameters have a quality or ask for a transcoded one. */
function formatOf({ format }: CatalogImage, parameters: string, extension: string): MediaFormat {
  if (format !== 'mp4') return format;
  const asked = parameters.split(',');
  if (asked.includes('anim=false')) return 'jpeg';
  const transcoded = asked.includes('transcode=true') && extension.endsWith('.mp4');
  return transcoded || asked.some((one) => one.startsWith('quality=')) ? 'mp4' : 'webp';
}
