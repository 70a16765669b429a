export interface QuestionHooks {
  /** Stops all other output until the returned function is called. */
  readonly suspend: () => () => void;
  /** Interrupts the run: in a prompt, Ctrl-C is a key and not a signal. */
  readonly interrupt: (reason: unknown) => void;
}

/** Asks the questions of a run one at a time, whatever happens at the same time. */
export class Questions {
  readonly #hooks: QuestionHooks;
  #last: Promise<unknown> = Promise.resolve();

  constructor(hooks: QuestionHooks) {
    this.#hooks = hooks;
  }

  /**
   * Asks when the questions before are answered, without other output meanwhile.
   * @throws as `ask` does: then the run is interrupted
   */
  ask<T>(ask: () => Promise<T>): Promise<T> {
    const answered = this.#last.then(() => this.#askNow(ask));
    this.#last = answered.catch(() => {});
    return answered;
  }

  async #askNow<T>(ask: () => Promise<T>): Promise<T> {
    const resume = this.#hooks.suspend();
    try {
      return await ask();
    } catch (error) {
      this.#hooks.interrupt(error);
      throw error;
    } finally {
      resume();
    }
  }
}
