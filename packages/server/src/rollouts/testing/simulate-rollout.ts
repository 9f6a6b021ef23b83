import { decide } from "../decide/index.ts";
import { judgeSrm, ofEvents, type Stratum, toEvidence, tuningOf } from "../evidence/index.ts";
import { addSums, noSums } from "../evidence/measured.ts";
import type { Observations } from "../observations.ts";
import { resolveRollout } from "../resolve.ts";
import { type Phase, type Rollout, terminalPhases, toFirstStatus } from "../rollout.ts";
import { whole } from "../share.ts";
import { toTraffic } from "../traffic.ts";
import type { Scenario } from "./scenarios.ts";
import { createStickyTraffic, type StickyTraffic } from "./sticky-users.ts";

/** A label that is right comes after 60 s on average, one that is wrong after 20 s; both arms' alike. */
const labelSeconds = { right: 60, wrong: 20 };
/** Labels count of cohorts that are this old, those that have come by then. */
const horizonSeconds = 120;
const startedAt = Date.UTC(2026, 0, 5, 9);

export interface Outcome {
  readonly phase: Phase;
  /** Of both arms together, until it ended. */
  readonly requests: number;
  readonly seconds: number;
}

interface Drawn {
  readonly revision: number;
  readonly share: number;
  readonly challenger: number;
  readonly control: number;
}

/** What both arms have shown of a metric, by stretch. */
interface Counts {
  readonly strata: (random: () => number) => readonly Stratum[];
  readonly add: (drawn: Drawn, challenger: number, control: number) => void;
}

/** One rollout from its start to its end, through the evaluation and the decisions of a real one: only requests are made up. */
export function simulateRollout(scenario: Scenario, random: () => number): Outcome {
  const spec = resolveRollout({ gates: [], ...scenario.section });
  const users = scenario.users === undefined ? null : createStickyTraffic(scenario.users, random);
  const judge = createJudge(spec, users);
  let rollout = begin(spec);
  let place: Place = { revision: 1, since: 0 };
  let requests = 0;
  const step = scenario.isContinuous ? 1 / scenario.traffic(0) : 1;
  for (let second = 0; ; second += step) {
    const now = startedAt + Math.round(1000 * second);
    const share = (toTraffic(rollout, rollout.status).traffic.arms[0]?.share ?? 0) / whole;
    let isNews = !scenario.isContinuous || Math.floor(second) !== Math.floor(second - step);
    if (rollout.status.phase === "stepping" && share > 0 && share < 1) {
      const n = scenario.isContinuous ? 1 : poisson(random, scenario.traffic(second));
      const challenger = binomial(random, n, share);
      const drawn = { revision: place.revision, share, challenger, control: n - challenger };
      requests += n;
      if (users !== null) isNews = users.send(n, drawn) > 0 || isNews;
      else
        for (const { spec: metric, counts } of judge.metrics) {
          const rate = scenario.rate(metric.name, second);
          const [bad, badOfControl] = [
            binomial(random, challenger, rate * scenario.ratio),
            binomial(random, n - challenger, rate),
          ];
          counts.add(drawn, bad, badOfControl);
          isNews ||= bad + badOfControl > 0;
        }
    }
    if (!isNews) continue;
    const found = decide(rollout, judge.look({ ...place, second, now }, random), now);
    if (found.status.step !== rollout.status.step) place = { revision: place.revision + 1, since: second };
    rollout = { ...rollout, status: { ...found.status, revision: place.revision } };
    if (terminalPhases.has(rollout.status.phase)) return { phase: rollout.status.phase, requests, seconds: second };
  }
}

/** Which stretch of the rollout runs, and since when. */
interface Place {
  readonly revision: number;
  readonly since: number;
}

function createJudge(spec: Rollout["spec"], users: StickyTraffic | null) {
  const metrics = spec.guardrails.map((metric) => ({
    spec: metric,
    compared: { role: "guardrail", spec: metric, tuning: tuningOf(spec) } as const,
    counts: metric.source.kind === "label" ? createLateCounts() : createCounts(),
  }));
  const grace = metrics.some(({ spec: { source } }) => source.kind === "label") ? horizonSeconds + 30 : 30;
  return {
    metrics,
    look(
      { revision, since, second, now }: Place & { second: number; now: number },
      random: () => number,
    ): Observations {
      const window = [startedAt, now] as const;
      const isEarly = second - since < grace;
      const evidence = metrics.map(({ compared, counts }) => {
        const strata = users?.strata() ?? counts.strata(random);
        return toEvidence(compared, { strata, pairs: null, isShadow: false, stepFrom: revision, isEarly, window });
      });
      const strata = users?.strata() ?? metrics[0]?.counts.strata(random) ?? [];
      const samples = strata.find((stratum) => stratum.revision === revision)?.challenger.n ?? 0;
      const known = { commands: [], ready: true, inForce: true, changedBy: null, trouble: null, gates: [], labels: 0 };
      const srm = judgeSrm(users?.arrivals() ?? strata, { window, hasUnit: users !== null });
      return { ...known, revision, lookedAt: now, samples, evidence: [...evidence, srm] };
    },
  };
}

function begin(spec: Rollout["spec"]): Rollout {
  const whose = {
    id: "simulated",
    endpoint: "simulated",
    model: "simulated",
    from: 1,
    to: 2,
    strategy: spec.strategy,
    spec,
  };
  return {
    ...whose,
    status: toFirstStatus(1),
    author: null,
    message: null,
    createdAt: startedAt,
    updatedAt: startedAt,
  };
}

function createCounts(): Counts {
  const strata = new Map<number, Stratum>();
  return {
    strata: () => [...strata.values()],
    add({ revision, share, challenger, control }, ...bad) {
      const before = strata.get(revision) ?? { revision, share, challenger: noSums, control: noSums };
      strata.set(revision, {
        ...before,
        challenger: addSums(before.challenger, ofEvents(challenger, bad[0])),
        control: addSums(before.control, ofEvents(control, bad[1])),
      });
    },
  };
}

/** Counts of cohorts that are due: of each what has come within the horizon. */
function createLateCounts(): Counts {
  const due = createCounts();
  const waiting: (readonly [drawn: Drawn, wrong: number, wrongOfControl: number])[] = [];
  return {
    strata(random) {
      const come = (n: number, seconds: number) => binomial(random, n, -Math.expm1(-horizonSeconds / seconds));
      while (waiting.length > horizonSeconds) {
        const [drawn, ...wrong] = waiting.shift()!;
        const [bad, badOfControl] = wrong.map((n) => come(n, labelSeconds.wrong)) as [number, number];
        const challenger = bad + come(drawn.challenger - wrong[0], labelSeconds.right);
        const control = badOfControl + come(drawn.control - wrong[1], labelSeconds.right);
        due.add({ ...drawn, challenger, control }, bad, badOfControl);
      }
      return due.strata(random);
    },
    add: (...cohort) => waiting.push(cohort),
  };
}

/** How many of n happen with probability p: by the gaps between them, which costs as much as there are. */
export function binomial(random: () => number, n: number, p: number): number {
  if (p <= 0 || n <= 0) return 0;
  if (p > 0.5) return n - binomial(random, n, 1 - p);
  const log = Math.log1p(-p);
  let count = 0;
  for (let at = Math.floor(Math.log1p(-random()) / log); at < n; at += 1 + Math.floor(Math.log1p(-random()) / log))
    count++;
  return count;
}

function poisson(random: () => number, mean: number): number {
  return binomial(random, Math.ceil(100 * mean), 0.01);
}
