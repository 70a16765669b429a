import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Contender } from './contenders.js';
import { isIdle, waitForIdle } from './idle-machine.js';
import { measure, type Usage } from './measure.js';
import type { Nginx } from './nginx.js';
import type { TcpProxy } from './proxy/proxy.js';
import type { TrafficSummary } from './proxy/traffic.js';
import type { Sample } from './sample.js';
import { verify } from './verify.js';

/** The measurements of one run of a contender. */
export interface Run extends Usage {
  /** Seconds from the server's last byte to the end of the command; undefined if unknown. */
  readonly tail: number | undefined;
  /** The traffic through the proxy if any. */
  readonly traffic: TrafficSummary | undefined;
}

/** The runs of each contender, one per round. */
export type Results = ReadonlyMap<string, readonly Run[]>;

export interface Race {
  readonly contenders: readonly Contender[];
  readonly rounds: number;
  /** Whether to wait for an idle machine, and to repeat disturbed runs. */
  readonly patient: boolean;
  readonly sample: Sample;
  readonly storage: string;
  readonly nginx: Nginx;
  readonly proxy: TcpProxy | undefined;
  readonly timeProgram: string;
  /** The folder for downloads, which are removed after each run. */
  readonly folder: string;
  readonly signal: AbortSignal;
  readonly onRun: (name: string, round: number) => void;
}

/** Runs all contenders in each round, in another order each time. */
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

const MAX_TRIES = 10;

/** Repeats a run until the machine is idle before and after it. */
async function undisturbed(once: () => Promise<Run>, signal: AbortSignal): Promise<Run> {
  for (let tries = 1; ; tries++) {
    await waitForIdle(signal);
    const run = await once();
    if (tries === MAX_TRIES || (await isIdle(signal))) return run;
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
