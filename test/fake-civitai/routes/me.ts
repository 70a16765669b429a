import { json, type Reply } from '../server/reply.js';
import type { RecordedRequest } from '../server/request.js';
import { hasSession, type World } from '../server/world.js';

/** `GET /api/v1/me`: the only route that says whether a key is good. */
export function answerMe(request: RecordedRequest, world: World): Reply {
  if (!hasSession(request, world)) return json(401, { error: 'Unauthorized' });
  return json(200, {
    id: 4242,
    username: world.account.username,
    tier: 'free',
    status: 'active',
    isMember: false,
    subscriptions: [],
    tokenScope: 12,
    subject: { type: 'apiKey', id: 99 },
  });
}
