import type { Evidence } from "../verdict.ts";
import { type Compared, isCounted } from "./compared.ts";
import { judgeEvents } from "./judge-events.ts";
import { judgeLimit } from "./judge-limit.ts";
import { judgeMeans } from "./judge-means.ts";
import { judgeMissing } from "./judge-missing.ts";
import type { Measured } from "./measured.ts";

/**
 * What can be said of one metric, of nothing but counts: no I/O, no clock, no state. A simulation makes `Measured` of its own counts,
 * one stratum for each stretch in which the shares did not change (`ofEvents(n, events)` for what is counted), and asks again after every request:
 *
 *     toEvidence({ role: "guardrail", spec, tuning: 5000 }, { strata, pairs: null, isShadow: false, stepFrom: 0, isEarly: false, window: [0, 1] }).verdict
 *
 * `fail` of a guardrail, a signal or an observed metric is proven harm: the challenger is worse than `tolerate` (what is counted) or `margin`
 * (what is averaged) allows, which is said wrongly with a probability of at most `spec.alpha`, over all looks together. `pass` of the goal is proven
 * improvement (with a `margin`: that it is not worse by more than that), `fail` of it proven harm. `pass` of all others means that enough was looked at and that it does not lean to harm.
 */
export function toEvidence(compared: Compared, measured: Measured): Evidence {
  const judged = judge(compared, measured);
  // Proven harm stays proven, whoever has gone silent since.
  return judged.verdict === "fail" ? judged : (judgeMissing(compared, measured) ?? judged);
}

function judge(compared: Compared, measured: Measured): Evidence {
  if (compared.role === "limit") return judgeLimit(compared.spec, measured);
  return isCounted(compared.spec) ? judgeEvents(compared, measured) : judgeMeans(compared, measured);
}
