import { json, type Reply, redirect, reply } from '../server/reply.js';
import type { RecordedRequest } from '../server/request.js';
import type { VersionOnShelf } from '../server/shelf.js';
import { hasSession, type World } from '../server/world.js';
import { chooseFile, type Selectors } from './choose-file.js';
import { parseId } from './id.js';
import { parseSelectors } from './selectors.js';
import { signedUrl } from './signed-url.js';

const DISABLED = 'The creator of this asset has disabled downloads on this file';
const LOGIN = 'The creator of this asset requires you to be logged in to download it';
const PAID = 'This asset is in Early Access. You can use Buzz to get access to it now';
const BROWSERS = /mozilla|chrome|safari|firefox|opera|edge/i;

/** `GET /api/download/models/{versionId}`: the reasons to refuse, in the server's order, then a signed URL. */
export function answerDownload(request: RecordedRequest, world: World): Reply {
  const { headers, ...rest } = answer(request, world);
  return { ...rest, headers: { ...headers, 'cache-control': 'no-store' } };
}

function answer(request: RecordedRequest, world: World): Reply {
  if (request.method === 'HEAD') return json(401, { error: 'Unauthorized' });
  const id = parseId(request.path);
  const selectors = parseSelectors(request.query);
  if (id === undefined || selectors === undefined) return refuse(request, 400, { error: 'Invalid request' });
  const entry = world.shelf.version(id);
  if (entry === undefined) return notFound(request);
  return refusal(request, entry, world) ?? deliverFrom(entry, request, selectors, world);
}

function refusal(
  request: RecordedRequest,
  { model, version }: VersionOnShelf,
  world: World,
): Reply | undefined {
  const granted = hasSession(request, world) && world.account.granted.includes(version.id);
  if (model.mode === 'Archived') {
    return refuse(request, 410, { error: 'Model archived, not available for download' });
  }
  if (version.usageControl !== 'Download') return json(401, { error: 'Unauthorized', message: DISABLED });
  if ((version.requiresLogin || world.loginForAll) && !hasSession(request, world))
    return loginNeeded(request);
  if (!granted && isPaid(version.paidAccess))
    return paymentNeeded(request, version.id, version.paidAccess.endsAt);
  if (!granted && version.private) {
    return refuse(request, 403, { error: 'You do not have access to download this file' });
  }
  return undefined;
}

function deliverFrom(
  { version }: VersionOnShelf,
  request: RecordedRequest,
  selectors: Selectors,
  world: World,
): Reply {
  const preferences = hasSession(request, world) ? world.account.preferences : {};
  const file = chooseFile(version, selectors, preferences, world);
  return file === undefined ? notFound(request) : redirect(307, signedUrl(file, world));
}

function isPaid<T extends { endsAt: string | null }>(access: T | null): access is T {
  return access !== null && (access.endsAt === null || Date.parse(access.endsAt) > Date.now());
}

function loginNeeded(request: RecordedRequest): Reply {
  if (!isBrowser(request)) return json(401, { error: 'Unauthorized', message: LOGIN });
  return redirect(307, `/login?returnUrl=${encodeURIComponent(request.path)}&reason=download-auth`);
}

function paymentNeeded(request: RecordedRequest, versionId: number, deadline: string | null): Reply {
  if (isBrowser(request)) return redirect(307, `/model-versions/${versionId}`);
  return json(403, { error: 'Early Access', ...(deadline !== null && { deadline }), message: PAID });
}

function notFound(request: RecordedRequest): Reply {
  return refuse(request, 404, { error: 'File not found' });
}

/** An error as JSON, or in plain text for what looks like a browser. */
function refuse(request: RecordedRequest, status: number, body: { error: string }): Reply {
  return isBrowser(request) ? reply(status, 'text/plain', body.error) : json(status, body);
}

function isBrowser({ headers }: RecordedRequest): boolean {
  return BROWSERS.test(headers['user-agent'] ?? '');
}
