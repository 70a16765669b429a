import { html, json, type Reply, redirect } from '../server/reply.js';
import type { RecordedRequest } from '../server/request.js';
import type { World } from '../server/world.js';
import { parseId } from './id.js';

/** Pages of the site for people: always 200 and HTML, whatever a program hoped for. */
export function answerPage({ path }: RecordedRequest, { shelf }: World): Reply {
  if (!path.startsWith('/model-versions/')) return html(path.startsWith('/login') ? 'Sign in' : 'Model');
  const entry = shelf.version(parseId(path) ?? 0);
  return entry === undefined
    ? html('Not found')
    : redirect(308, `/models/${entry.model.id}?modelVersionId=${entry.version.id}`);
}

export function answerUnknown(): Reply {
  return json(404, { error: 'Not found' });
}
