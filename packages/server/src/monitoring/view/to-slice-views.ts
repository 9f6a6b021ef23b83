import type { MonitorSlice } from "@slipway/contract";
import type { Finding } from "../finding.ts";
import { worstOf } from "./to-finding-view.ts";

/** What each part of the traffic came to, what failed first. `rows`: by the name of the part. */
export function toSliceViews(
  names: readonly string[],
  findings: readonly Finding[],
  rows: ReadonlyMap<string, number>,
): MonitorSlice[] {
  return names
    .map((name) => {
      const own = findings.filter(({ slice }) => slice === name);
      const failed = own.filter(({ verdict }) => verdict === "fail");
      return {
        name,
        rows: rows.get(name) ?? 0,
        verdict: worstOf(own) ?? ("none" as const),
        failed: [...new Set(failed.map(({ column, metric, monitor }) => column ?? metric ?? monitor))],
      };
    })
    .toSorted((a, b) => b.failed.length - a.failed.length || b.rows - a.rows);
}
