import type { Finding } from "./finding.ts";
import type { Watched, Window } from "./watched.ts";
import type { Judged } from "./watch/watch.ts";

/** What was found in the last window of one version, for whoever plots it. */
interface LastFindings {
  readonly watched: Watched;
  /** The end of the last window that was judged, milliseconds. */
  readonly to: number;
  readonly findings: readonly Finding[];
}

export interface Gauges {
  /** After a window was judged. */
  take(judged: Pick<Judged, "watched" | "verdicts">): void;
  /** Of the versions that serve. */
  list(): readonly LastFindings[];
}

export interface GaugeDeps {
  /** Versions that serve. */
  readonly listServing: () => readonly Watched[];
}

/** Keeps the last verdicts of each judge in memory: a scrape reads no SQL for them. */
export function createGauges({ listServing }: GaugeDeps): Gauges {
  const known = new Map<string, Map<string, Window & { readonly findings: readonly Finding[] }>>();
  return {
    take({ watched, verdicts }) {
      const judges = known.get(keyOf(watched)) ?? new Map<string, Window & { findings: readonly Finding[] }>();
      known.set(keyOf(watched), judges);
      for (const { judge, window, findings } of verdicts)
        // One that is judged again, as its labels came late, is not the last.
        if (window.to >= (judges.get(judge)?.to ?? 0)) judges.set(judge, { ...window, findings });
    },
    list() {
      const serving = listServing();
      const keys = new Set(serving.map(keyOf));
      for (const key of known.keys()) if (!keys.has(key)) known.delete(key);
      return serving.flatMap((watched) => {
        const judges = [...(known.get(keyOf(watched))?.values() ?? [])];
        if (judges.length === 0) return [];
        return [
          { watched, to: Math.max(...judges.map(({ to }) => to)), findings: judges.flatMap((each) => each.findings) },
        ];
      });
    },
  };
}

function keyOf({ endpoint, model, version }: Watched): string {
  return `${endpoint}\n${model}@${version}`;
}
