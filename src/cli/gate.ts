/** Passes actions on, or keeps them while it is closed: output must not run into a question to the user. */
export class Gate {
  #kept: (() => void)[] | undefined;

  get isClosed(): boolean {
    return this.#kept !== undefined;
  }

  run(action: () => void): void {
    if (this.#kept) this.#kept.push(action);
    else action();
  }

  close(): void {
    this.#kept ??= [];
  }

  /** Runs the actions that were kept. */
  open(): void {
    const kept = this.#kept ?? [];
    this.#kept = undefined;
    for (const action of kept) action();
  }
}
