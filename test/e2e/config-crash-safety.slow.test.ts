import { watch } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'vitest';
import { ended, run, start } from '../harness/command.js';
import { offlineTest as it, sandbox } from '../harness/fixture.js';
import type { Sandbox } from '../harness/sandbox.js';

const KILLS = 50;
const MAX_KILLS = 150;
const TIMEOUT_MS = 240_000;
/** Enough for a write to take some time. */
const ALIASES = 2_000;

interface Stored {
  readonly aliases: Record<string, string>;
  readonly defaults: Record<string, unknown>;
}

interface Change {
  readonly args: readonly string[];
  readonly apply: (before: Stored) => Stored;
}

/** Returns another change each time, to tell it from the one before. */
function change(number: number, sandbox: Sandbox): Change {
  if (number % 2 === 0) {
    return {
      args: ['default', '--max-images', String(number)],
      apply: (before) => ({ ...before, defaults: { ...before.defaults, maxImages: number } }),
    };
  }
  const [name, path] = [`@added${number}`, sandbox.path('added')];
  return {
    args: ['alias', '-a', name, path],
    apply: (before) => ({ ...before, aliases: { ...before.aliases, [name]: path } }),
  };
}

/** Starts a command that changes the configuration. */
function begin(args: readonly string[], sandbox: Sandbox) {
  const child = start('civitconfig', args, sandbox);
  const locks = async () => {
    const text = await readFile(`${sandbox.config}.lock`, 'utf8').catch(() => '');
    return Number(/"pid":(?<pid>\d+)/.exec(text)?.groups?.pid) === child.pid;
  };
  return {
    finished: ended(child),
    kill: () => child.kill('SIGKILL'),
    /** Whether it holds the lock, or held it when it was killed. */
    locks,
    /** Waits until it has taken the lock. */
    locked: async () => {
      while (child.exitCode === null && !(await locks())) await wait(1);
    },
    /** Waits until it writes to a file that is not a lock. */
    writes: () =>
      new Promise<void>((resolve) => {
        const folder = watch(dirname(sandbox.config), (_event, name) => {
          if (!name?.endsWith('.lock')) end();
        });
        const end = () => {
          folder.close();
          resolve();
        };
        child.once('exit', end);
      }),
  };
}

/** Measures the milliseconds until a command has the lock, and from there to its end. */
async function measure(
  args: readonly string[],
  sandbox: Sandbox,
): Promise<{ toLock: number; toEnd: number }> {
  const begun = performance.now();
  const command = begin(args, sandbox);
  await command.locked();
  const locked = performance.now();
  expect(await command.finished).toMatchObject({ status: 0 });
  return { toLock: locked - begun, toEnd: performance.now() - locked };
}

const files = async (sandbox: Sandbox) => readdir(dirname(sandbox.config));
const read = async (sandbox: Sandbox) => JSON.parse(await readFile(sandbox.config, 'utf8')) as Stored;

it('A configuration is the old or the new one, whenever a command that writes it is killed', {
  timeout: TIMEOUT_MS,
}, async () => {
  const aliases = Object.fromEntries(
    Array.from({ length: ALIASES }, (_, index) => [`@name${index}`, sandbox.path('models', String(index))]),
  );
  await sandbox.write('config/config.json', JSON.stringify({ version: 2, aliases, defaults: {} }));
  const { toLock, toEnd } = await measure(['default', '-i', '1'], sandbox);

  const found = { old: 0, new: 0, locked: 0 };
  // On a busy machine, it may take more kills to hit each kind of moment.
  const isEnough = (kills: number) => kills >= KILLS && Object.values(found).every(isSome);
  for (let number = 2; !isEnough(number - 2) && number < MAX_KILLS + 2; number += 1) {
    const { args, apply } = change(number, sandbox);
    const before = await read(sandbox);
    const command = begin(args, sandbox);
    const moments = [
      () => wait(Math.random() * toLock),
      () => command.locked().then(() => wait(Math.random() * toEnd)),
      () => command.writes(),
      () => command.writes().then(() => wait(Math.random() * 2)),
    ];
    await moments[number % moments.length]?.();
    command.kill();
    await command.finished;
    const after = await read(sandbox);
    const isNew = JSON.stringify(after) !== JSON.stringify(before);
    expect(after).toEqual(isNew ? apply(before) : before);
    found[isNew ? 'new' : 'old'] += 1;
    if (await command.locks()) found.locked += 1;
  }
  // Otherwise no command was killed at a critical moment.
  expect(found).toEqual({
    old: expect.toSatisfy(isSome),
    new: expect.toSatisfy(isSome),
    locked: expect.toSatisfy(isSome),
  });

  // Files of killed commands do not block the next one.
  const before = await read(sandbox);
  const { args, apply } = change(MAX_KILLS + 3, sandbox);
  expect(await run('civitconfig', args, sandbox)).toMatchObject({ status: 0, stderr: '' });
  expect(await read(sandbox)).toEqual(apply(before));
  expect(await files(sandbox)).not.toContain('config.json.lock');
});

function isSome(number: number): boolean {
  return number > 0;
}
