/** What has to be closed, in the reverse order of opening. */
export class CleanupStack {
  #cleanup: (() => Promise<unknown>)[] = [];

  add(close: () => Promise<unknown>): void {
    this.#cleanup.push(close);
  }

  /** Closes everything, even if something fails to; then raises the first failure. */
  async closeAll(): Promise<void> {
    const cleanup = this.#cleanup.reverse();
    this.#cleanup = [];
    const failures: unknown[] = [];
    for (const close of cleanup) {
      try {
        await close();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
  }
}
