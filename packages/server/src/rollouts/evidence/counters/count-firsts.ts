import type { FirstEvents } from "../to-strata.ts";
import { addBuckets, countBeyond, createBucketSet, parseBase64 } from "./bucket-set.ts";
import type { Cell } from "./counts.ts";

/**
 * Buckets that something happened in, each under the revision of its first time: what happens to the units of a bucket again says nothing new of
 * the versions.
 *
 * Why the test of events holds for them: the hash gives each unit a bucket without knowing it, so where the versions do the same, which units it happens
 * to and when has nothing to do with which buckets are the challenger's. A bucket that has not been counted before is then the challenger's with the probability of its share,
 * whoever was counted before and however many requests it has. Buckets are drawn without being put back: with k of n counted ones the challenger's, the next one is its own with
 * (w N - k)/(N - n) instead of w. What is drawn so varies less than what is put back (Hoeffding 1963, theorem 4: no convex function of k, such as the likelihood ratio of n, has a larger
 * expectation), and is pulled back the more, the further k is above w n. So w proves harm too late, where many buckets have been counted, and not too often.
 * Where all of the traffic came to one arm nothing was drawn, and it counts for nothing.
 * @param name of `Counts.buckets`
 */
export function countFirsts(cells: readonly Cell[], name: string, control: "champion" | "control"): FirstEvents[] {
  const chosen = cells.filter(
    ({ via, arm, propensity }) => via === "bucket" && propensity < 1 && (arm === "challenger" || arm === control),
  );
  const seen = createBucketSet();
  const firsts: FirstEvents[] = [];
  for (const revision of [...new Set(chosen.map((cell) => cell.revision))].toSorted((a, b) => a - b)) {
    const now = chosen.filter((cell) => cell.revision === revision);
    const arms = Map.groupBy(now, ({ arm }) => arm);
    const before = seen.slice();
    for (const [arm, own] of arms) {
      const set = createBucketSet();
      for (const { counts } of own) {
        const text = counts.buckets[name];
        if (text !== undefined) addBuckets(set, parseBase64(text));
      }
      firsts.push({ revision, arm, units: countBeyond(set, before) });
      addBuckets(seen, set);
    }
  }
  return firsts;
}
