/** Work that is done once, beside everything else, and again where it failed. */
export interface Once {
  /** Whether it is done; begins it where it is not under way. */
  run(work: () => Promise<void>): boolean;
  /** Why it failed last; null: it did not. */
  trouble(): string | null;
}

export function createOnce(onDone: () => void): Once {
  let state: "none" | "running" | "done" = "none";
  let trouble: string | null = null;
  return {
    trouble: () => trouble,
    run(work) {
      if (state !== "none") return state === "done";
      state = "running";
      work().then(
        () => {
          [state, trouble] = ["done", null];
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
