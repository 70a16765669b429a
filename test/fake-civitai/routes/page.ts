import { html, json, type Reply, redirect } from '../server/reply.js';
import type { RecordedRequest } from '../server/request.js';
import type { ServerState } from '../server/state.js';
import { parseId } from './id.js';

/** The pages of the site: always HTML with status 200. */
export function answerPage({ path }: RecordedRequest, { catalog }: ServerState): Reply {
  if (!path.startsWith('/model-versions/')) return html(path.startsWith('/login') ? 'Sign in' : 'Model');
  const entry = catalog.version(parseId(path) ?? 0);
  return entry === undefined
    ? html('Not found')
    : redirect(308, `/models/${entry.model.id}?modelVersionId=${entry.version.id}`);
}

export function answerUnknown(): Reply {
  return json(404, { error: 'Not found' });
}
