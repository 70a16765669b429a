/** Runs one piece of work at a time in the background, and keeps its failure for the owner's next call. */
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
