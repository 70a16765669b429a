import type { CatalogImage } from '../catalog/entry.js';
import { inMemory } from '../content/content.js';
import { contentTypes, type MediaFormat, media } from '../content/media.js';
import { serveBytes } from '../server/range.js';
import { type Reply, redirect, reply } from '../server/reply.js';
import type { RecordedRequest } from '../server/request.js';
import type { World } from '../server/world.js';

/** Where moved images are found, on the other storage host. */
export const MOVED_IMAGES = '/file/civitai-media';

/** `/<account>/<uuid>/<parameters>/<name>.<extension>`, of which only uuid and parameters matter. */
export function answerImage(request: RecordedRequest, world: World): Reply {
  const [extension, parameters = '', uuid = ''] = request.path.split('/').toReversed();
  const image = world.shelf.image(uuid);
  if (image === undefined || image.state === 'dead') return reply(404, 'text/plain', 'Not found');
  if (image.state === 'moved' && request.host === 'images') {
    return redirect(302, `${world.origins.b2}${MOVED_IMAGES}${request.path}`);
  }
  const format = formatOf(image, parameters, extension ?? '');
  return serveBytes(inMemory(media(format, `image ${image.id}`)), request.headers, {
    'content-type': contentTypes[format],
    'cache-control': 'public, max-age=31536000',
  });
}

/** A video is only moving when asked for with a quality, or transcoded; its bare original is a still. */
function formatOf({ format }: CatalogImage, parameters: string, extension: string): MediaFormat {
  if (format !== 'mp4') return format;
  const asked = parameters.split(',');
  if (asked.includes('anim=false')) return 'jpeg';
  const transcoded = asked.includes('transcode=true') && extension.endsWith('.mp4');
  return transcoded || asked.some((one) => one.startsWith('quality=')) ? 'mp4' : 'webp';
}
