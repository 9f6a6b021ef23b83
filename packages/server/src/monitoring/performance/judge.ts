import type { Finding } from "../finding.ts";
import type { Judge, JudgeInput } from "../judge.ts";
import type { Watched } from "../watched.ts";
import type { ExplainInput } from "./explain-task.ts";
import type { Moved } from "./explain.ts";
import { judgeWindow, type JudgeWindow } from "./judge-window.ts";
import { outputsOf } from "./outputs-of.ts";
import type { PerformanceDeps } from "./performance-deps.ts";
import type { PerformanceStore } from "./store.ts";
import { figure, share } from "./words.ts";

export const judgeName = "performance";

/** Earlier windows that labels' rate and the baseline are told from. */
const mostRecent = 500;
const mostFirst = 30;
const explainMs = 60_000;
const explainTask = new URL(`./explain-task${import.meta.url.endsWith(".ts") ? ".ts" : ".js"}`, import.meta.url);

type JudgeDeps = Pick<PerformanceDeps, "findReference" | "findSignature" | "lake" | "logger"> & {
  readonly store: PerformanceStore;
};

/** Reads what was measured: nothing where the window had no answers, or has not been measured yet. */
export function createJudge(deps: JudgeDeps): Judge {
  const { store, findReference } = deps;

  async function judge({ watched, window, settings, now }: JudgeInput): Promise<readonly Finding[]> {
    const about = { watched, windowMs: window.to - window.from };
    const here = { slice: null, since: window.to, until: window.to, order: "oldest", limit: 1000 } as const;
    const slices = await store.list({ ...about, ...here });
    if (slices.length === 0) return [];
    const reference = await findReference(watched);
    const findings: Finding[] = [];
    for (const current of slices) {
      const { slice } = current;
      const [first, recent] = await Promise.all([
        store.list({ ...about, slice, until: window.from, state: "final", order: "oldest", limit: mostFirst }),
        store.listArrivals({ ...watched, windowMs: about.windowMs, slice, until: window.to, limit: mostRecent }),
      ]);
      const input = { current, first, recent, estimator: reference?.estimator ?? null, settings, now };
      const found = judgeWindow(input);
      const isNew = slice === "" && found.some(falls) && !(await hasFallen(input));
      const moved = isNew ? await tryExplain(deps, watched, input) : null;
      findings.push(
        ...(moved === null ? found : found.map((each) => withMoved(each, moved, current.problem !== "regression"))),
      );
    }
    return findings;
  }

  /** Whether the window before falls as well: what moved is told once, of the first of windows that fall one after the other. */
  async function hasFallen(input: JudgeWindow): Promise<boolean> {
    const [, before, ...rest] = input.recent;
    if (before === undefined) return false;
    const { watched, window, slice } = input.current;
    const about = { watched, windowMs: window.to - window.from, slice, order: "newest" as const, limit: 1 };
    const [current] = await store.list({ ...about, until: before.window.to });
    return current !== undefined && judgeWindow({ ...input, current, recent: [before, ...rest] }).some(falls);
  }

  return { name: judgeName, judge };
}

const falls = ({ monitor, verdict }: Finding) =>
  verdict === "fail" && (monitor === "performance.realised" || monitor === "performance.estimated");

/** Null where nothing can be told; the fall is told all the same. */
async function tryExplain(deps: JudgeDeps, watched: Watched, { current }: JudgeWindow): Promise<Moved | null> {
  const { lake, findSignature, findReference, logger } = deps;
  const { endpoint, model, version } = watched;
  try {
    const signature = await findSignature(model, version);
    if (signature === null) return null;
    const input: ExplainInput = {
      model,
      version,
      window: current.window,
      inputs: signature.inputs.map(({ name }) => name),
      outputs: outputsOf(signature),
      problem: current.target,
      importance: (await findReference(watched))?.importance ?? null,
    };
    return await lake.readViews<Moved | null>({ endpoint }, { module: explainTask, input }, { timeoutMs: explainMs });
  } catch (error) {
    logger.warn({ error, ...watched }, "what moved together with a fall of performance could not be told");
    return null;
  }
}

function withMoved(finding: Finding, moved: Moved, isClassified: boolean): Finding {
  if (!falls(finding)) return finding;
  const [worst] = moved.segments;
  const details = { ...finding.details, moved };
  if (worst === undefined) return { ...finding, details };
  const { column, value, loss, before } = worst;
  const say = (number: number) => (isClassified ? share(number, 1) : figure(number));
  const what = isClassified ? "wrong" : "off by";
  const more = ` Most of it where ${column} is ${value}: ${what} ${say(loss)}, before ${say(before)}.`;
  return { ...finding, details, message: finding.message + more };
}
