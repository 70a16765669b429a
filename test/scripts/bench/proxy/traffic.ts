/** What went through a proxy in one run. */
export interface TrafficSummary {
  /** Connections that were opened. */
  readonly opened: number;
  /** Most connections that were open at one time. */
  readonly most: number;
  /** Connections that got bytes within the same tenth of a second: the mean of all tenths with any. */
  readonly mean: number;
  /** The most of each half second of the run, its start without any bytes among them. */
  readonly timeline: readonly number[];
}

const TENTH = 100;
const TENTHS_IN_STEP = 5;

/** Watches how many connections are in use while a run lasts. */
export class Traffic {
  #opened = 0;
  #open = new Set<object>();
  #most = 0;
  #active = new Set<object>();
  #samples: number[] = [];
  #timer: NodeJS.Timeout | undefined;

  begin(): void {
    this.stop();
    this.#opened = 0;
    this.#open = new Set();
    this.#most = 0;
    this.#active = new Set();
    this.#samples = [];
    this.#timer = setInterval(() => this.#sample(), TENTH);
  }

  /** @param connection whatever tells one from the other */
  open(connection: object): void {
    this.#opened++;
    this.#open.add(connection);
    this.#most = Math.max(this.#most, this.#open.size);
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
      most: this.#most,
      mean: busy.reduce((sum, count) => sum + count, 0) / Math.max(1, busy.length),
      timeline: steps(this.#samples),
    };
  }

  /** Ends the watch, be there something to tell or not. */
  stop(): void {
    clearInterval(this.#timer);
  }

  #sample(): void {
    this.#samples.push(this.#active.size);
    this.#active = new Set();
  }
}

function steps(active: readonly number[]): number[] {
  const count = Math.ceil(active.length / TENTHS_IN_STEP);
  return Array.from({ length: count }, (_nothing, step) =>
    Math.max(...active.slice(step * TENTHS_IN_STEP, (step + 1) * TENTHS_IN_STEP)),
  );
}
