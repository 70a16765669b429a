import { json, type Reply } from '../server/reply.js';
import type { RecordedRequest } from '../server/request.js';
import { hasSession, type ServerState } from '../server/state.js';

/** `GET /api/v1/me`: the only route that refuses an invalid key. */
export function answerMe(request: RecordedRequest, state: ServerState): Reply {
  if (!hasSession(request, state)) return json(401, { error: 'Unauthorized' });
  return json(200, {
    id: 4242,
    username: state.account.username,
    tier: 'free',
    status: 'active',
    isMember: false,
    subscriptions: [],
    tokenScope: 12,
    subject: { type: 'apiKey', id: 99 },
  });
}
