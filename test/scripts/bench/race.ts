import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Contender } from './contenders.js';
import { isIdle, waitForIdle } from './idle-machine.js';
import { measure, type Usage } from './measure.js';
import type { Nginx } from './nginx.js';
import type { TcpProxy } from './proxy/proxy.js';
import type { TrafficSummary } from './proxy/traffic.js';
import type { ServedFile } from './sample.js';
import { verify } from './verify.js';

/** A measured run of a contender. */
export interface Run extends Usage {
  /** Seconds from the server's last byte to the end of the command; undefined behind a proxy. */
  readonly tail: number | undefined;
  readonly requests: number;
  /** Bytes of all bodies that the server sent. */
  readonly sentBytes: number;
  /** Undefined without a proxy. */
  readonly traffic: TrafficSummary | undefined;
}

/** Runs of each contender, one per round. */
export type Results = ReadonlyMap<string, readonly Run[]>;

export interface Race {
  readonly contenders: readonly Contender[];
  readonly rounds: number;
  /** Whether a run waits for other programs to be idle, and is repeated when they were not. */
  readonly patient: boolean;
  readonly files: readonly ServedFile[];
  readonly nginx: Nginx;
  readonly proxy: TcpProxy | undefined;
  readonly timeProgram: string;
  /** The folder of downloads, which are deleted after each run. */
  readonly folder: string;
  readonly signal: AbortSignal;
  readonly onRun: (name: string, round: number) => void;
}

/** Runs all contenders in each round, each round beginning with another one. */
export async function run(race: Race): Promise<Results> {
  const results = new Map<string, Run[]>(race.contenders.map(({ name }) => [name, []]));
  for (let round = 0; round < race.rounds; round++) {
    const first = round % race.contenders.length;
    for (const contender of [...race.contenders.slice(first), ...race.contenders.slice(0, first)]) {
      race.onRun(contender.name, round);
      const runNow = () => runOnce(race, contender, round);
      results
        .get(contender.name)
        ?.push(await (race.patient ? runUndisturbed(runNow, race.signal) : runNow()));
    }
  }
  return results;
}

const MAX_TRIES = 10;

/** Repeats a run until other programs were idle just before and just after it. */
async function runUndisturbed(runNow: () => Promise<Run>, signal: AbortSignal): Promise<Run> {
  for (let tries = 1; ; tries++) {
    await waitForIdle(signal);
    const run = await runNow();
    if (tries === MAX_TRIES || (await isIdle(signal))) return run;
  }
}

async function runOnce(race: Race, { name, command }: Contender, round: number): Promise<Run> {
  const { files, nginx, proxy, folder, signal } = race;
  const dir = join(folder, 'downloads');
  await mkdir(dir, { recursive: true });
  try {
    proxy?.beginRun(round);
    const usage = await measure(command({ files, dir }), race.timeProgram, folder, signal);
    const traffic = proxy?.traffic.end();
    await verify(dir, files, name, round === 0);
    const requests = await nginx.readRequests(usage.startedAt);
    const lastSent = Math.max(...requests.map(({ endedAt }) => endedAt));
    return {
      ...usage,
      tail: proxy ? undefined : (usage.endedAt - lastSent) / 1000,
      requests: requests.length,
      sentBytes: requests.reduce((sum, { bytes }) => sum + bytes, 0),
      traffic,
    };
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}
