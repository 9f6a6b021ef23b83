/**
 * How a task of the lake failed, where it was no SlipwayError. `sql`: DuckDB refused or failed, `message` is its own.
 * `memory`, `time`: a limit of the task, which ended its process. `crash`: the process ended by itself.
 */
export class LakeError extends Error {
  override readonly name = "LakeError";
  readonly reason: "sql" | "memory" | "time" | "crash" | "failed";

  constructor(reason: LakeError["reason"], message: string) {
    super(message);
    this.reason = reason;
  }
}
