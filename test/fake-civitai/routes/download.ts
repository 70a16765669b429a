import type { IndexedVersion } from '../server/catalog-index.js';
import { json, type Reply, redirect, reply } from '../server/reply.js';
import type { RecordedRequest } from '../server/request.js';
import { hasSession, type ServerState } from '../server/state.js';
import { chooseFile, type Selectors } from './choose-file.js';
import { parseId } from './id.js';
import { parseSelectors } from './selectors.js';
import { signedUrl } from './signed-url.js';

const DISABLED = 'The creator of this asset has disabled downloads on this file';
const LOGIN = 'The creator of this asset requires you to be logged in to download it';
const PAID = 'This asset is in Early Access. You can use Buzz to get access to it now';
const BROWSERS = /mozilla|chrome|safari|firefox|opera|edge/i;

/** `GET /api/download/models/{versionId}`: a refusal, for the reasons in Civitai's order, or a signed URL. */
export function answerDownload(request: RecordedRequest, state: ServerState): Reply {
  const { headers, ...rest } = answer(request, state);
  return { ...rest, headers: { ...headers, 'cache-control': 'no-store' } };
}

function answer(request: RecordedRequest, state: ServerState): Reply {
  if (request.method === 'HEAD') return json(401, { error: 'Unauthorized' });
  const id = parseId(request.path);
  const selectors = parseSelectors(request.query);
  if (id === undefined || selectors === undefined)
    return sendRefusal(request, 400, { error: 'Invalid request' });
  const entry = state.catalog.version(id);
  if (entry === undefined) return notFound(request);
  return refusal(request, entry, state) ?? deliverFrom(entry, request, selectors, state);
}

function refusal(
  request: RecordedRequest,
  { model, version }: IndexedVersion,
  state: ServerState,
): Reply | undefined {
  const granted = hasSession(request, state) && state.account.granted.includes(version.id);
  if (model.mode === 'Archived') {
    return sendRefusal(request, 410, { error: 'Model archived, not available for download' });
  }
  if (version.usageControl !== 'Download') return json(401, { error: 'Unauthorized', message: DISABLED });
  if ((version.requiresLogin || state.loginForAll) && !hasSession(request, state))
    return loginNeeded(request);
  if (!granted && isPaid(version.paidAccess))
    return paymentNeeded(request, version.id, version.paidAccess.endsAt);
  if (!granted && version.private) {
    return sendRefusal(request, 403, { error: 'You do not have access to download this file' });
  }
  return undefined;
}

function deliverFrom(
  { version }: IndexedVersion,
  request: RecordedRequest,
  selectors: Selectors,
  state: ServerState,
): Reply {
  const preferences = hasSession(request, state) ? state.account.preferences : {};
  const file = chooseFile(version, selectors, preferences, state);
  return file === undefined ? notFound(request) : redirect(307, signedUrl(file, state));
}

function isPaid<T extends { permanent: boolean; endsAt: string | null }>(access: T | null): access is T {
  return (
    access !== null && (access.permanent || access.endsAt === null || Date.parse(access.endsAt) > Date.now())
  );
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
  return sendRefusal(request, 404, { error: 'File not found' });
}

/** Returns an error as JSON, or as plain text if the client looks like a browser. */
function sendRefusal(request: RecordedRequest, status: number, body: { error: string }): Reply {
  return isBrowser(request) ? reply(status, 'text/plain', body.error) : json(status, body);
}

function isBrowser({ headers }: RecordedRequest): boolean {
  return BROWSERS.test(headers['user-agent'] ?? '');
}
