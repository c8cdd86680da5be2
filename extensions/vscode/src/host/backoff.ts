/** When a program that ended is started again: soon, then ever later, then not any more. */
export class Backoff {
  private failures = 0;

  /**
   * @param firstMs the wait after the first end; it doubles with each further one.
   * @param maxMs the longest wait.
   * @param attempts how many ends in a row are answered with another start.
   * @param steadyMs how long the program has to run for the count to begin anew.
   */
  constructor(
    private readonly firstMs = 500,
    private readonly maxMs = 30_000,
    private readonly attempts = 6,
    private readonly steadyMs = 60_000,
  ) {}

  /** The wait before the next start; undefined when there should be none. */
  next(ranMs: number): number | undefined {
    this.failures = ranMs >= this.steadyMs ? 1 : this.failures + 1;
    return this.failures > this.attempts ? undefined : Math.min(this.firstMs * 2 ** (this.failures - 1), this.maxMs);
  }

  reset(): void {
    this.failures = 0;
  }
}
