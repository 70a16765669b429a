import { describe, expect } from 'vitest';
import { ids } from '../fake-civitai/catalog.js';
import type { FaultKind, Route } from '../fake-civitai/civitai.js';
import { civitai, it, sandbox } from '../harness/fixture.js';
import { type InProcessOptions, runInProcess } from '../harness/in-process.js';

const badKey = 'ffffffffffffffffffffffffffffffff';
const anything = String(ids.anything.model);
const anythingFile = 'File anythingV3_fp16.ckpt of model version 75';
const hash = 'a'.repeat(64);

const download = (source: string | number, args: readonly string[] = [], options: InProcessOptions = {}) =>
  runInProcess([String(source), 'models', '-i', '0', ...args], sandbox, options);
const asked = (route: Route) => civitai.requestsTo(route).length;

function answers(on: Route, status: number, body: unknown, headers: Record<string, string> = {}): void {
  civitai.fault({ on, kind: 'status', status, body: JSON.stringify(body), headers, times: Infinity });
}

/** The end of a run that leaves nothing on disk. */
interface Failure {
  readonly status: number;
  /** The message after the source in the summary, with API-HOST for the address of the server. */
  readonly says: string;
  readonly hint: string;
  /** Requests to the tested route; 1 by default. */
  readonly requests?: number;
  /** In milliseconds; none by default. */
  readonly waits?: readonly number[];
}

async function expectFailure(
  route: Route,
  source: string | number,
  { status, says, hint, requests = 1, waits = [] }: Failure,
  options?: InProcessOptions,
): Promise<void> {
  const ended = await download(source, [], options);
  const said = says.replace('API-HOST', new URL(civitai.url).host);
  expect(ended.stderr).toContain(`\n${source}: ${said}\n  ${hint}`);
  expect(ended.status).toBe(status);
  expect(ended.stdout).toBe('');
  expect(asked(route)).toBe(requests);
  expect(ended.waits).toEqual(waits);
  expect(await sandbox.tree()).toEqual([]);
}

const hints = {
  ask: "Ask the model's owner for access",
  buy: "Buy access on the model's page",
  checkId: "Check the id on the model's page",
  noKeyHelps: 'An API key does not help',
  getKey: 'Get a key at https://civitai.com/user/account',
  checkKey: 'Check the key at https://civitai.com/user/account',
  checkKeyAndAccess: 'Check the key at https://civitai.com/user/account, and that its account has access',
  archived: 'The owner archived it',
  hours: 'Wait a few hours',
  minutes: 'Wait a few minutes',
  later: 'The server has a problem. Try again later',
  report: 'Try again later. If the error remains, the Civitai API may have changed',
  guard: 'Cloudflare blocks the connection, not the API key',
  storage: 'Its storage may be unavailable for a moment',
  place: 'Civitai blocks it in the region that you connect from',
  otherVersion: 'Choose another version',
};

/** Three quarters of 1, 2 and 4 seconds, since `random` returns 0.5; of 10, 20 and 30 seconds after a limit. */
const backoff = [750, 1500, 3000];
const slowBackoff = [7500, 15_000, 22_500];

describe('an answer of the download route', () => {
  const login = {
    error: 'Unauthorized',
    message: 'The creator of this asset requires you to be logged in to download it',
  };
  const disabled = {
    error: 'Unauthorized',
    message: 'The creator of this asset has disabled downloads on this file',
  };
  const rows: readonly (readonly [
    name: string,
    status: number,
    body: unknown,
    headers: Record<string, string>,
    Failure,
  ])[] = [
    [
      'a blocked caller',
      403,
      { error: 'Forbidden' },
      {},
      { status: 3, says: `${anythingFile}: access denied (Forbidden).`, hint: '' },
    ],
    [
      'the daily limit',
      429,
      { error: "We've noticed an unusual amount of downloading from your account" },
      {},
      {
        status: 6,
        says: `${anythingFile}: Civitai's daily download limit is reached.`,
        hint: hints.hours,
      },
    ],
    [
      'a burst, which passes, too',
      429,
      { error: 'Too many requests' },
      {},
      {
        status: 6,
        says: `${anythingFile}: too many requests (Too many requests).`,
        hint: hints.minutes,
        requests: 4,
        waits: slowBackoff,
      },
    ],
    [
      'a burst by a page of the edge',
      429,
      '<html>error code: 1015</html>',
      { 'content-type': 'text/html' },
      {
        status: 6,
        says: `${anythingFile}: too many requests.`,
        hint: hints.minutes,
        requests: 4,
        waits: slowBackoff,
      },
    ],
    [
      'the daily limit with a time that is too long',
      429,
      { error: "We've noticed an unusual amount of downloading from your account" },
      { 'Retry-After': '60' },
      {
        status: 6,
        says: `${anythingFile}: Civitai's daily download limit is reached.`,
        hint: hints.hours,
      },
    ],
    [
      'a challenge of the edge',
      403,
      '<html>Just a moment...</html>',
      { 'content-type': 'text/html; charset=UTF-8', 'cf-mitigated': 'challenge' },
      {
        status: 5,
        says: `${anythingFile}: the guard of API-HOST refuses this connection (status 403).`,
        hint: hints.guard,
      },
    ],
    [
      'a limit that passes',
      429,
      { error: 'Slow down' },
      { 'Retry-After': '7' },
      {
        status: 6,
        says: `${anythingFile}: too many requests (Slow down).`,
        hint: hints.minutes,
        requests: 4,
        waits: [7000, 7000, 7000],
      },
    ],
    [
      'a limit that takes too long to pass',
      429,
      { error: 'Slow down' },
      { 'Retry-After': '3600' },
      { status: 6, says: `${anythingFile}: too many requests (Slow down).`, hint: hints.minutes },
    ],
    [
      'a bad query',
      400,
      { error: 'Invalid request' },
      {},
      { status: 5, says: `${anythingFile}: unexpected status 400 (Invalid request).`, hint: hints.report },
    ],
    [
      'no such file, which is asked for once more',
      404,
      { error: 'File not found' },
      {},
      {
        status: 4,
        says: `${anythingFile} was not found (File not found).`,
        hint: hints.storage,
        requests: 2,
        waits: [1500],
      },
    ],
    [
      'an archived model',
      410,
      { error: 'Model archived, not available for download' },
      {},
      {
        status: 4,
        says: `${anythingFile} is archived and can no longer be downloaded.`,
        hint: hints.archived,
      },
    ],
    [
      'disabled downloads',
      401,
      disabled,
      {},
      { status: 3, says: `${anythingFile}: its creator has disabled downloads.`, hint: hints.noKeyHelps },
    ],
    [
      'a login that is needed',
      401,
      login,
      {},
      { status: 3, says: `${anythingFile} can only be downloaded with an API key.`, hint: hints.getKey },
    ],
    [
      'early access until a date',
      403,
      { error: 'Early Access', deadline: '2026-09-01T00:00:00.000Z', message: 'Use Buzz' },
      {},
      { status: 3, says: `${anythingFile} is in early access until 2026-09-01.`, hint: hints.buy },
    ],
    [
      'early access for ever',
      403,
      { error: 'Early Access', message: 'Use Buzz' },
      {},
      { status: 3, says: `${anythingFile} is in early access and has to be bought.`, hint: hints.buy },
    ],
    [
      'a private model',
      403,
      { error: 'You do not have access to download this file' },
      {},
      {
        status: 3,
        says: `${anythingFile}: access denied (You do not have access to download this file).`,
        hint: hints.ask,
      },
    ],
    [
      'a server error',
      500,
      { error: 'Oops' },
      {},
      {
        status: 5,
        says: `${anythingFile}: the server failed with status 500 (Oops).`,
        hint: hints.later,
        requests: 4,
        waits: backoff,
      },
    ],
    [
      'a server that is away for a moment',
      503,
      {},
      { 'Retry-After': '2' },
      {
        status: 5,
        says: `${anythingFile}: the server failed with status 503.`,
        hint: hints.later,
        requests: 4,
        waits: [2000, 2000, 2000],
      },
    ],
    [
      'a request that took too long',
      408,
      {},
      {},
      {
        status: 5,
        says: `${anythingFile}: the server failed with status 408.`,
        hint: hints.later,
        requests: 4,
        waits: backoff,
      },
    ],
    [
      'a page in place of a redirect',
      200,
      '<html>',
      { 'content-type': 'text/html' },
      {
        status: 5,
        says: `${anythingFile}: Civitai sent a page instead of the file.`,
        hint: hints.later,
        requests: 4,
        waits: backoff,
      },
    ],
    [
      'a redirect to nowhere',
      307,
      {},
      {},
      { status: 5, says: `${anythingFile}: unexpected status 307.`, hint: hints.report },
    ],
  ];

  it.each(rows)('is told as what it is: %s', async (_name, status, body, headers, failure) => {
    answers('download', status, body, headers);
    await expectFailure('download', anything, failure);
    expect(asked('storage')).toBe(0);
    expect(asked('me')).toBe(0);
  });

  it.each([0, 1, 5])(
    'is asked for anew %i times after a 5xx where that is the --retry-count',
    async (count) => {
      answers('download', 502, {});
      const { status, waits } = await download(anything, ['--retry-count', String(count)]);
      expect(status).toBe(5);
      expect(asked('download')).toBe(count + 1);
      expect(waits).toHaveLength(count);
    },
  );

  it.each([404, 500, 503, 524])('does no harm when only the first one is a %i', async (status) => {
    civitai.fault({ on: 'download', kind: 'status', status, body: '{}' });
    const ended = await download(anything);
    expect(ended.status).toBe(0);
    expect(ended.waits).toHaveLength(1);
    expect(asked('download')).toBe(2);
  });

  it('may say with a date when to ask again', async () => {
    const date = new Date(Date.now() + 90_000).toUTCString();
    civitai.fault({ on: 'download', kind: 'status', status: 503, headers: { 'Retry-After': date } });
    const { status, waits } = await download(anything);
    expect(status).toBe(0);
    expect(waits).toHaveLength(1);
    expect(waits[0]).toBeGreaterThan(60_000);
    expect(waits[0]).toBeLessThanOrEqual(90_000);
  });
});

describe('a model that is not to be had', () => {
  const rows: readonly (readonly [name: string, source: string | number, Failure])[] = [
    [
      'its creator has disabled downloads',
      ids.disabled.model,
      {
        status: 3,
        says: 'Version 310001 (v1) of model 300001: its creator has disabled downloads.',
        hint: hints.noKeyHelps,
        requests: 0,
      },
    ],
    [
      'it is in early access',
      ids.earlyAccess.model,
      {
        status: 3,
        says: 'File model_310002.safetensors of model version 310002 is in early access until 2099-01-01.',
        hint: hints.buy,
      },
    ],
    [
      'it has to be bought',
      ids.paidForever.model,
      {
        status: 3,
        says: 'File model_310003.safetensors of model version 310003 is in early access and has to be bought.',
        hint: hints.buy,
      },
    ],
    [
      'it is private',
      ids.private.model,
      {
        status: 3,
        says: 'File model_310004.safetensors of model version 310004: access denied (You do not have access to download this file).',
        hint: hints.ask,
      },
    ],
    [
      'it is archived',
      ids.archived.model,
      {
        status: 4,
        says: 'Model 300005 is archived and can no longer be downloaded.',
        hint: hints.archived,
        requests: 0,
      },
    ],
    [
      'it has no versions',
      ids.noVersions.model,
      {
        status: 4,
        says: 'Model 300007 has no versions to download.',
        hint: hints.otherVersion,
        requests: 0,
      },
    ],
    [
      'there is none of this id',
      ids.absent.model,
      {
        status: 4,
        says: 'Model 399999 was not found (No model with id 399999).',
        hint: hints.checkId,
        requests: 0,
      },
    ],
    [
      'there is no version of this id',
      `https://civitai.com/model-versions/${ids.absent.version}`,
      { status: 4, says: 'Model version 399998 was not found.', hint: hints.checkId, requests: 0 },
    ],
    [
      'the version belongs to another model',
      `${ids.anything.model}@${ids.mainExample.version}`,
      {
        status: 4,
        says: 'Model version 216190 belongs to model 191977, not to model 66.',
        hint: hints.checkId,
        requests: 0,
      },
    ],
    [
      'no file has this hash',
      hash,
      {
        status: 4,
        says: `A file with the hash ${hash.toUpperCase()} was not found (Model not found).`,
        hint: hints.checkId,
        requests: 0,
      },
    ],
  ];

  it.each(rows)('is told as what it is: %s', async (_name, source, failure) => {
    await expectFailure('download', source, failure, { env: { CIVITAI_API_KEY: civitai.goodKey } });
  });

  it('is had by an account that has bought it', async () => {
    civitai.account.granted.push(ids.paidForever.version);
    const { status } = await download(ids.paidForever.model, [], {
      env: { CIVITAI_API_KEY: civitai.goodKey },
    });
    expect(status).toBe(0);
  });

  it.each([
    ['paid', ids.firstIsPaid, 'is in early access until 2099-01-01.'],
    ['not to be downloaded', ids.firstIsDisabled, 'its creator has disabled downloads.'],
  ] as const)(
    'is had in its second version where the first is %s',
    async (_name, { model, freeVersion }, why) => {
      const { status, stdout, stderr } = await download(model);
      expect(status).toBe(0);
      expect(stdout).toContain(`-mid_${model}-vid_${freeVersion}.safetensors\n`);
      expect(stderr).toMatch(/version skipped: .*/);
      expect(stderr).toContain(why);
    },
  );

  it.each([
    ['the version alone is known', `https://civitai.com/model-versions/${ids.hiddenModel.version}`],
    ['the model alone knows the version', String(ids.freshVersion.model)],
    ['the model does not list the version', `${ids.unlistedVersion.model}@${ids.unlistedVersion.version}`],
    ['the model was taken down, but not its file', String(ids.takenDown.model)],
  ])('is had all the same where %s', async (_name, source) => {
    expect(await download(source)).toMatchObject({ status: 0 });
    expect(asked('download')).toBe(1);
  });
});

describe('a key', () => {
  const source = ids.mainExample.model;
  const file = 'File PaperLanternInk-v2.safetensors of model version 216190';

  it('is asked for where there is none, and the account is not looked up', async () => {
    await expectFailure('download', source, {
      status: 3,
      says: `${file} can only be downloaded with an API key.`,
      hint: `${hints.getKey}, then pass it for this run with 'civitdl -k', or store it for all runs with 'civitconfig login'.`,
    });
    expect(asked('me')).toBe(0);
  });

  it('is told to be wrong where it is, as the account of it says', async () => {
    await expectFailure(
      'download',
      source,
      {
        status: 3,
        says: `${file} needs a valid API key. Civitai rejects the one in CIVITAI_API_KEY: it is wrong, expired or revoked.`,
        hint: `${hints.checkKey}, then change CIVITAI_API_KEY.`,
      },
      { env: { CIVITAI_API_KEY: badKey } },
    );
    expect(asked('me')).toBe(1);
  });

  it('is enough where it is right', async () => {
    const { status } = await download(source, [], { env: { CIVITAI_API_KEY: civitai.goodKey } });
    expect(status).toBe(0);
    expect(asked('me')).toBe(0);
  });

  it('that is right, but refused for this file, is not called wrong', async () => {
    answers('download', 401, { error: 'Unauthorized', message: 'requires you to be logged in' });
    await expectFailure(
      'download',
      source,
      { status: 3, says: `${file}: the account of the API key has no access to it.`, hint: hints.ask },
      { env: { CIVITAI_API_KEY: civitai.goodKey } },
    );
  });

  it.each<readonly [name: string, fault: FaultKind]>([
    ['fails', { kind: 'status', status: 500 }],
    ['is too busy', { kind: 'status', status: 429 }],
    ['breaks the connection', { kind: 'reset', after: 0 }],
    ['sends a page', { kind: 'html' }],
    ['sends a challenge', { kind: 'status', status: 403, headers: { 'cf-mitigated': 'challenge' } }],
    [
      'sends a challenge by its type',
      { kind: 'status', status: 403, headers: { 'Content-Type': 'text/html' } },
    ],
  ])('is not judged where the account can not be looked up since the server %s', async (_name, fault) => {
    civitai.fault({ on: 'me', ...fault, times: Infinity });
    await expectFailure(
      'download',
      source,
      {
        status: 3,
        says: `${file} was refused, and Civitai cannot verify the API key at the moment.`,
        hint: hints.checkKeyAndAccess,
      },
      { env: { CIVITAI_API_KEY: badKey } },
    );
    expect(asked('me')).toBe(1);
  });
});

describe('a redirect to a page for people', () => {
  const login = `${anythingFile} can only be downloaded with an API key.`;
  const paid = `${anythingFile} is in early access and has to be bought.`;
  it.each([
    ['/login?returnUrl=%2Fapi%2Fdownload%2Fmodels%2F75&reason=download-auth', login, hints.getKey],
    ['https://civitai.com/login?returnUrl=%2F', login, hints.getKey],
    ['https://auth.civitai.com/login', login, hints.getKey],
    ['/model-versions/75', paid, hints.buy],
    ['https://civitai.com/model-versions/75', paid, hints.buy],
  ])('is no file: %s', async (to, says, hint) => {
    civitai.fault({ on: 'download', kind: 'redirect', to, times: Infinity });
    await expectFailure('download', anything, { status: 3, says, hint });
    expect(asked('page')).toBe(0);
  });

  it('is no file either where nobody knows the page', async () => {
    civitai.fault({ on: 'download', kind: 'redirect', to: '/models/66', times: Infinity });
    const { status, stderr } = await download(anything);
    expect(status).not.toBe(0);
    expect(stderr).toContain('The server sent a web page, not the file.');
    expect(await sandbox.tree()).toEqual([]);
  });
});

describe('an answer of a metadata route', () => {
  const routes: readonly (readonly [route: Route, source: string, subject: string])[] = [
    ['model', anything, 'Model 66'],
    ['version', `https://civitai.com/model-versions/${ids.anything.version}`, 'Model version 75'],
    ['by-hash', hash, `A file with the hash ${hash.toUpperCase()}`],
  ];
  const guarded = (code: number) =>
    new RegExp(`: the guard of \\S+ refuses this connection \\(status ${code}\\)\\.`);
  const notJson = { status: 5, says: /: \S+ sent an invalid response \(not JSON\)\./, hint: hints.later };
  const retried = { requests: 4, waits: backoff };
  const rows: readonly (readonly [
    name: string,
    fault: FaultKind,
    failure: Omit<Failure, 'says'> & { readonly says: string | RegExp },
  ])[] = [
    [
      '410',
      { kind: 'status', status: 410, body: '{"error":"Gone"}' },
      { status: 4, says: ' is archived and can no longer be downloaded.', hint: hints.archived },
    ],
    [
      '429 without Retry-After, which is asked again slowly',
      { kind: 'status', status: 429 },
      { status: 6, says: ': too many requests.', hint: hints.minutes, requests: 4, waits: slowBackoff },
    ],
    [
      '429 with Retry-After',
      { kind: 'status', status: 429, headers: { 'Retry-After': '11' } },
      {
        status: 6,
        says: ': too many requests.',
        hint: hints.minutes,
        requests: 4,
        waits: [11_000, 11_000, 11_000],
      },
    ],
    [
      '451',
      { kind: 'status', status: 451, body: '{"error":"Not here","code":"REGION_BLOCKED"}' },
      { status: 3, says: ': Civitai is not available in your region (Not here).', hint: hints.place },
    ],
    [
      '403 with a page of the edge',
      { kind: 'status', status: 403, body: '<html>Just a moment</html>' },
      { status: 5, says: guarded(403), hint: hints.guard },
    ],
    [
      '403 with a challenge of the edge',
      {
        kind: 'status',
        status: 403,
        body: '<!DOCTYPE html><title>Just a moment...</title>',
        headers: { 'Content-Type': 'text/html; charset=UTF-8', 'cf-mitigated': 'challenge' },
      },
      { status: 5, says: guarded(403), hint: hints.guard },
    ],
    [
      '503 with a challenge of the edge',
      { kind: 'status', status: 503, headers: { 'cf-mitigated': 'challenge' } },
      { status: 5, says: guarded(503), hint: hints.guard },
    ],
    [
      '404 with a page',
      { kind: 'status', status: 404, body: '<!doctype html><h1>404</h1>' },
      { status: 5, says: /: \S+ sent a web page \(status 404\)\./, hint: hints.later, ...retried },
    ],
    [
      '500',
      { kind: 'status', status: 500, body: '{"error":{"name":"TRPCError"}}' },
      { status: 5, says: ': the server failed with status 500.', hint: hints.later, ...retried },
    ],
    [
      '503 with Retry-After',
      { kind: 'status', status: 503, headers: { 'Retry-After': '2' } },
      {
        status: 5,
        says: ': the server failed with status 503.',
        hint: hints.later,
        requests: 4,
        waits: [2000, 2000, 2000],
      },
    ],
    [
      '400',
      { kind: 'status', status: 400, body: '[{"code":"invalid_type"}]' },
      { status: 5, says: ': unexpected status 400.', hint: hints.report },
    ],
    [
      '200 with half a response',
      { kind: 'status', status: 200, body: '{"id": 66, "na' },
      { ...notJson, ...retried },
    ],
    ['200 with a page', { kind: 'html' }, { ...notJson, ...retried }],
    ['200 with nothing', { kind: 'status', status: 200 }, { ...notJson, ...retried }],
    [
      '200 with an error',
      { kind: 'json' },
      {
        status: 5,
        says: /: \S+ sent an invalid response \(Something went wrong\)\./,
        hint: hints.later,
        ...retried,
      },
    ],
    [
      '200 of another shape, which is final',
      { kind: 'json', value: { id: 66, name: 7, modelVersions: {} } },
      { status: 5, says: /: \S+ sent an invalid response at .*/, hint: hints.report },
    ],
  ];
  const table = routes.flatMap((route) => rows.map((row) => [...route, ...row] as const));

  it.each(table)('is told as what it is: %s', async (route, source, subject, _name, fault, failure) => {
    civitai.fault({ on: route, ...fault, times: Infinity });
    const { status, stderr, waits } = await download(source);
    const [, told = ''] = stderr.split(`\n${source}: `);
    const [says = '', hint = ''] = told.split('\n  ');
    expect(says).toMatch(
      typeof failure.says === 'string'
        ? new RegExp(`^${escaped(subject + failure.says)}$`)
        : new RegExp(`${failure.says.source}$`),
    );
    expect(says.startsWith(subject)).toBe(true);
    expect(hint).toContain(failure.hint);
    expect(status).toBe(failure.status);
    expect(asked(route)).toBe(failure.requests ?? 1);
    expect(waits).toEqual(failure.waits ?? []);
    expect(asked('download')).toBe(0);
    expect(await sandbox.tree()).toEqual([]);
  });

  const optional: readonly (readonly [what: string, route: Route, source: string, subject: string])[] = [
    ['of the version, whose model lists it', 'version', anything, 'Model version 75'],
    [
      'of the model, whose version is there',
      'model',
      `https://civitai.com/model-versions/${ids.anything.version}`,
      'Model 66',
    ],
  ];
  const optionalTable = optional.flatMap((one) => rows.map((row) => [...one, ...row] as const));

  it.each(optionalTable)(
    'is only a warning %s: %s %s %s %s',
    async (_what, route, source, subject, _name, fault, failure) => {
      civitai.fault({ on: route, ...fault, times: Infinity });
      const { status, stdout, stderr, waits } = await download(source);
      expect(status).toBe(0);
      const warnings = stderr.split('\n').filter((line) => line.includes('warning: '));
      const says = typeof failure.says === 'string' ? escaped(failure.says) : failure.says.source;
      expect(warnings).toEqual([
        expect.stringMatching(new RegExp(`^ {2}warning: ${subject}${says} Continuing with .+\\.$`)),
        expect.stringMatching(/^ {2}warning: anythingV3_fp16\.ckpt is a pickle file/),
      ]);
      expect(asked(route)).toBe(failure.requests ?? 1);
      // Further requests are paced after failures.
      const retries = failure.waits ?? [];
      expect(waits.slice(0, retries.length)).toEqual(retries);
      expect(stdout).toContain('anythingV3_fp16-mid_66-vid_75.ckpt');
      expect(await sandbox.tree()).toContainEqual(expect.stringMatching(/model_dict-mid_66-vid_75\.json$/));
    },
  );

  it('that is a 404 ends the run for a model and for a hash', async () => {
    for (const [route, source] of [
      ['model', anything],
      ['by-hash', hash],
    ] as const) {
      answers(route, 404, { error: 'Nothing here' });
      const { status, stderr } = await download(source);
      expect(status).toBe(4);
      expect(stderr).toContain('was not found (Nothing here).\n  Check the id');
      expect(asked(route)).toBe(1);
    }
  });

  it.each([
    ['model', `https://civitai.com/model-versions/${ids.anything.version}`],
    ['version', anything],
  ] as const)('that is a 404 of the %s alone is made up for by the other one', async (route, source) => {
    answers(route, 404, { error: 'Model not found' });
    const { status, stdout } = await download(source);
    expect(status).toBe(0);
    expect(stdout).toContain('anythingV3_fp16-mid_66-vid_75.ckpt');
  });

  it('heals with the second try', async () => {
    for (const on of ['model', 'version'] as const) civitai.fault({ on, kind: 'status', status: 500 });
    const { status, waits } = await download(anything);
    expect(status).toBe(0);
    expect(waits).toHaveLength(2);
  });

  it('that only has generation data costs no more than that', async () => {
    answers('images-list', 451, { error: 'Not here' });
    const { status, stderr } = await runInProcess(
      [String(ids.manyImages.model), 'models', '-i', '12'],
      sandbox,
    );
    expect(status).toBe(0);
    expect(stderr).toContain(
      'warning: Images of model version 310203: Civitai is not available in your region',
    );
    expect(await sandbox.tree()).toContainEqual(expect.stringMatching(/4000312\.jpeg$/));
  });
});

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
