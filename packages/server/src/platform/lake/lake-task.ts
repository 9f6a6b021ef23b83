import type { Clock } from "../../kernel/clock.ts";
import type { Logger } from "../../kernel/logger.ts";

export interface LakeDeps {
  /** Resident memory of one child process; DuckDB gets about two thirds of it. 512 MiB or more. */
  readonly memoryBytes: number;
  /** Of DuckDB. */
  readonly threads: number;
  /** A child that had nothing to do for so long ends. */
  readonly idleMs: number;
  /** So many tasks run at once, each in a process of its own; further ones wait. 1. */
  readonly children?: number;
  /** What tasks spill goes below it. The system's folder for temporary files. */
  readonly tempFolder?: string;
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface LakeTask {
  /**
   * A module with an export `run(input, { db, onProgress, ask })` (`LakeContext`), which may be async. `db` is an empty
   * database in memory that is gone after the task. In the packed program the module is an entry of tools/pack.ts.
   */
  readonly module: URL;
  /** What structured clone takes; so are progress, questions, answers and the result. */
  readonly input: unknown;
}

export interface LakeRunOptions {
  /** The child is killed when the task takes longer, not counting the wait for a free child. Default: no limit. */
  readonly timeoutMs?: number;
  /** Kills the child where the task runs in it. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: unknown) => void;
  /** Answers what the task asks with `ask(question)`. */
  readonly onAsk?: (question: unknown) => Promise<unknown>;
}
