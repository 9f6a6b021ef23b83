/** Work that is done beside everything else: once, and again where it failed. */
export interface Once {
  /** Whether it is done; begins it where it is not under way. */
  run(work: () => Promise<void>): boolean;
  /** Why it failed last; null: it did not. */
  trouble(): string | null;
}

interface OnceOptions {
  readonly onDone: () => void;
  /** What is done may be undone: it is asked for again, whoever asks. */
  readonly isRepeated?: boolean;
}

export function createOnce({ onDone, isRepeated = false }: OnceOptions): Once {
  let state: "none" | "running" | "done" = "none";
  let trouble: string | null = null;
  return {
    trouble: () => trouble,
    run(work) {
      if (state !== "none") return state === "done";
      state = "running";
      work().then(
        () => {
          [state, trouble] = [isRepeated ? "none" : "done", null];
          onDone();
        },
        (error: unknown) => {
          [state, trouble] = ["none", error instanceof Error ? error.message : String(error)];
        },
      );
      return false;
    },
  };
}
