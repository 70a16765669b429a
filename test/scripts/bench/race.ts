import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Contender } from './contenders.js';
import { measure, type Usage } from './measure.js';
import type { Nginx } from './nginx.js';
import type { TcpProxy } from './proxy/proxy.js';
import type { TrafficSummary } from './proxy/traffic.js';
import { isQuiet, waitForQuiet } from './quiet.js';
import type { Sample } from './sample.js';
import { verify } from './verify.js';

/** What one run of a contender took. */
export interface Run extends Usage {
  /** Seconds from the server's last byte to the end of the command; undefined where nobody saw the server. */
  readonly tail: number | undefined;
  /** What the proxy saw, where there is one. */
  readonly traffic: TrafficSummary | undefined;
}

/** A contender's runs, one a round, in the rounds' order. */
export type Results = ReadonlyMap<string, readonly Run[]>;

export interface Race {
  readonly contenders: readonly Contender[];
  readonly rounds: number;
  /** Whether a run waits for others to be idle, and is repeated when they were not. */
  readonly patient: boolean;
  readonly sample: Sample;
  readonly storage: string;
  readonly nginx: Nginx;
  readonly proxy: TcpProxy | undefined;
  readonly timeProgram: string;
  /** For what is downloaded, which goes after each run. */
  readonly folder: string;
  readonly signal: AbortSignal;
  readonly onRun: (name: string, round: number) => void;
}

/** Lets all run in turn in each round, each round beginning with another one. */
export async function run(race: Race): Promise<Results> {
  const results = new Map<string, Run[]>(race.contenders.map(({ name }) => [name, []]));
  for (let round = 0; round < race.rounds; round++) {
    const first = round % race.contenders.length;
    for (const contender of [...race.contenders.slice(first), ...race.contenders.slice(0, first)]) {
      race.onRun(contender.name, round);
      const once = () => runOnce(race, contender, round === 0);
      results.get(contender.name)?.push(await (race.patient ? undisturbed(once, race.signal) : once()));
    }
  }
  return results;
}

const MOST_TRIES = 10;

/** Repeats a run until others were at work neither just before nor just after it. */
async function undisturbed(once: () => Promise<Run>, signal: AbortSignal): Promise<Run> {
  for (let tries = 1; ; tries++) {
    await waitForQuiet(signal);
    const run = await once();
    if (tries === MOST_TRIES || (await isQuiet(signal))) return run;
  }
}

async function runOnce(race: Race, { name, command }: Contender, verifyWhole: boolean): Promise<Run> {
  const { sample, storage, nginx, proxy, folder, signal } = race;
  const downloads = join(folder, 'downloads');
  await mkdir(downloads, { recursive: true });
  try {
    proxy?.traffic.begin();
    const job = { url: storage, target: join(downloads, 'sample'), sample };
    const usage = await measure(command(job), race.timeProgram, folder, signal);
    const traffic = proxy?.traffic.end();
    await verify(downloads, sample, name, verifyWhole);
    const lastSent = await nginx.lastSent(usage.startedAt);
    const tail = proxy || lastSent === undefined ? undefined : (usage.endedAt - lastSent) / 1000;
    return { ...usage, tail, traffic };
  } finally {
    await rm(downloads, { recursive: true, force: true });
  }
}
