import { json, type Reply } from '../server/reply.js';
import type { RecordedRequest } from '../server/request.js';
import { hasSession, type ServerState } from '../server/state.js';
import { ORDERS } from './list-order.js';

const MODEL_TYPES = [
  ...['Checkpoint', 'TextualInversion', 'Hypernetwork', 'AestheticGradient', 'LORA', 'LoCon', 'DoRA'],
  ...['Controlnet', 'Upscaler', 'MotionModule', 'VAE', 'TextEncoder', 'UNet', 'CLIPVision', 'Poses'],
  ...['Wildcards', 'Workflows', 'ComfyWorkflows', 'Detection', 'VisionLanguage', 'CLIP', 'LLM', 'Other'],
];
const PERIODS = ['Day', 'Week', 'Month', 'Year', 'AllTime'];
/** A boolean is wanted, and a text comes. */
const NEVER_VALID = ['collectionId', 'allowDerivatives', 'allowDifferentLicense', 'allowNoCredit'];
/** Their mere presence needs an account. */
const OF_ACCOUNT = ['favorites', 'hidden'];
const MAX_LIMIT = 100;
const MAX_OFFSET = 1000;

/** Returns the refusal of a list's parameters, for the reasons in Civitai's order; undefined if they are right. */
export function refuseQuery(request: RecordedRequest, state: ServerState): Reply | undefined {
  const { query } = request;
  const wrong = firstWrong(query);
  if (wrong !== undefined) return invalid(wrong);
  if (OF_ACCOUNT.some((name) => query.has(name)) && !hasSession(request, state))
    return json(401, { error: 'Unauthorized' });
  const page = Number(query.get('page') ?? 1);
  if (query.has('page') && query.get('query')) return invalid('page');
  if (page * limitOf(query) > MAX_OFFSET)
    return json(429, { error: "You've requested too many pages, please use cursors instead" });
  return undefined;
}

export function limitOf(query: URLSearchParams): number {
  return Number(query.get('limit') ?? MAX_LIMIT);
}

function firstWrong(query: URLSearchParams): string | undefined {
  const limit = limitOf(query);
  const isOneOf = (name: string, values: readonly string[]) =>
    query.getAll(name).every((value) => values.includes(value));
  const rules: readonly (readonly [name: string, isRight: boolean])[] = [
    ['limit', Number.isInteger(limit) && limit >= 0 && limit <= MAX_LIMIT],
    ['sort', isOneOf('sort', ORDERS)],
    ['period', isOneOf('period', PERIODS)],
    ['types', isOneOf('types', MODEL_TYPES)],
    ['checkpointType', isOneOf('checkpointType', ['Merge', 'Trained'])],
    ['tag', query.getAll('tag').length + query.getAll('tagname').length <= 1],
    ['fileFormats', query.getAll('fileFormats').length !== 1],
    ['ids', isIdList(query.get('ids'))],
    ...NEVER_VALID.map((name) => [name, !query.has(name)] as const),
  ];
  return rules.find(([, isRight]) => !isRight)?.[0];
}

function isIdList(text: string | null): boolean {
  return text === null || text.split(',').every((id) => Number.isSafeInteger(Number(id)) && Number(id) > 0);
}

/** An object, with JSON in a text. */
function invalid(name: string): Reply {
  const issues = [{ code: 'invalid_value', path: [name], message: 'Invalid input' }];
  return json(400, { error: { name: 'ZodError', message: JSON.stringify(issues) } });
}
