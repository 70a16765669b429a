/** What passed a proxy in one run. */
export interface TrafficSummary {
  /** Connections that were opened. */
  readonly opened: number;
  /** Maximum of connections open at one time. */
  readonly max: number;
  /** Bytes that reached clients, those of TLS and headers included. */
  readonly bytes: number;
  /** Mean of the connections that received bytes within the same tenth of a second, over all tenths with any. */
  readonly mean: number;
  /** Maximum of each half second of the run, from its start on. */
  readonly timeline: readonly number[];
}

const SAMPLE_MS = 100;
const SAMPLES_PER_STEP = 5;

/** Counts the connections in use during a run. */
export class Traffic {
  #opened = 0;
  #open = new Set<object>();
  #max = 0;
  #bytes = 0;
  #active = new Set<object>();
  #samples: number[] = [];
  #timer: NodeJS.Timeout | undefined;

  begin(): void {
    this.stop();
    this.#opened = 0;
    this.#open = new Set();
    this.#max = 0;
    this.#bytes = 0;
    this.#active = new Set();
    this.#samples = [];
    this.#timer = setInterval(() => this.#sample(), SAMPLE_MS);
  }

  /** Returns the number of connections opened before in this run. */
  open(connection: object): number {
    this.#open.add(connection);
    this.#max = Math.max(this.#max, this.#open.size);
    return this.#opened++;
  }

  close(connection: object): void {
    this.#open.delete(connection);
  }

  pass(connection: object, bytes: number): void {
    this.#bytes += bytes;
    this.#active.add(connection);
  }

  end(): TrafficSummary {
    this.stop();
    this.#sample();
    const busy = this.#samples.filter((count) => count > 0);
    return {
      opened: this.#opened,
      max: this.#max,
      bytes: this.#bytes,
      mean: busy.reduce((sum, count) => sum + count, 0) / Math.max(1, busy.length),
      timeline: steps(this.#samples),
    };
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #sample(): void {
    this.#samples.push(this.#active.size);
    this.#active = new Set();
  }
}

function steps(active: readonly number[]): number[] {
  const count = Math.ceil(active.length / SAMPLES_PER_STEP);
  return Array.from({ length: count }, (_nothing, step) =>
    Math.max(...active.slice(step * SAMPLES_PER_STEP, (step + 1) * SAMPLES_PER_STEP)),
  );
}
