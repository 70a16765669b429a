/** Runs work in the background, one piece at a time. A failure is kept, to be rethrown at the next call of the owner. */
export class BackgroundTask {
  #running: Promise<void> | undefined;
  #failure: { readonly error: unknown } | undefined;

  get failure(): { readonly error: unknown } | undefined {
    return this.#failure;
  }

  /** Whether new work may start: nothing is running, and nothing has failed. */
  get isIdle(): boolean {
    return !this.#running && !this.#failure;
  }

  /** Takes over work that has just started. */
  start(work: Promise<void>): void {
    this.#running = work
      .catch((error: unknown) => {
        this.#failure = { error };
      })
      .finally(() => {
        this.#running = undefined;
      });
  }

  throwIfFailed(): void {
    if (this.#failure) throw this.#failure.error;
  }

  /** Waits until the running work, if any, has succeeded or failed. */
  async settled(): Promise<void> {
    await this.#running;
  }
}
