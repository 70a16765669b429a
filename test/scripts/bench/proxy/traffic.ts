/** The connections of one run. */
export interface TrafficSummary {
  /** Number of opened connections. */
  readonly opened: number;
  /** Maximum number of open connections. */
  readonly max: number;
  /** Mean number of connections that received bytes in a tenth of a second. */
  readonly mean: number;
  /** Maximum of each half second. */
  readonly timeline: readonly number[];
}

const SAMPLE_MS = 100;
const SAMPLES_IN_STEP = 5;

/** Counts the connections in use during a run. */
export class Traffic {
  #opened = 0;
  #open = new Set<object>();
  #max = 0;
  #active = new Set<object>();
  #samples: number[] = [];
  #timer: NodeJS.Timeout | undefined;

  begin(): void {
    this.stop();
    this.#opened = 0;
    this.#open = new Set();
    this.#max = 0;
    this.#active = new Set();
    this.#samples = [];
    this.#timer = setInterval(() => this.#sample(), SAMPLE_MS);
  }

  open(connection: object): void {
    this.#opened++;
    this.#open.add(connection);
    this.#max = Math.max(this.#max, this.#open.size);
  }

  close(connection: object): void {
    this.#open.delete(connection);
  }

  pass(connection: object): void {
    this.#active.add(connection);
  }

  end(): TrafficSummary {
    this.stop();
    this.#sample();
    const busy = this.#samples.filter((count) => count > 0);
    return {
      opened: this.#opened,
      max: this.#max,
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
  const count = Math.ceil(active.length / SAMPLES_IN_STEP);
  return Array.from({ length: count }, (_nothing, step) =>
    Math.max(...active.slice(step * SAMPLES_IN_STEP, (step + 1) * SAMPLES_IN_STEP)),
  );
}
