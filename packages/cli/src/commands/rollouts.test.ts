import { expect, test } from "vitest";
import { SlipwayError, type ErrorCode } from "@slipway/contract/errors";
import type { Context } from "../context.ts";
import { UsageError } from "../exit-codes.ts";
import { findRunning } from "../rollout/find-rollout.ts";
import { runCommand } from "../testing/context.ts";
import { ab } from "./ab.ts";
import { startRollout } from "./rollout-start.ts";
import { rolloutStatus } from "./rollouts.ts";
import { trafficSet } from "./traffic.ts";

const id = "01890a5d-ac96-774b-bcce-b302099a8057";
const event = { seq: 1, at: "2026-04-02T12:00:00Z", kind: "started", from: "pending", to: "pending", step: -1 };
const rest = {
  rollout: id,
  actor: "ann",
  reason: "Begun, at last",
  evidence: [],
  details: {},
  hash: "ab",
  prev_hash: "",
};

test("--clear takes nothing that says how traffic is divided", async () => {
  for (const options of [{ unit: "user" }, { rule: "x" }, { control: true }, { allowBreaking: true }])
    await expect(runCommand(trafficSet, { args: ["fraud"], options: { clear: true, ...options } })).rejects.toThrow(
      UsageError,
    );
});

test("a metric that there is not is wrong usage, and one that failed is no success", async () => {
  const asked = { args: ["fraud"], options: { metric: "errors,nope" } };
  await expect(runCommand(ab, asked)).rejects.toThrow(/errors, fallbacks.*not "nope"/u);
  const metric = { metric: "value", means: [], comparisons: [{ arm: "b", versus: "a", outcome: "error" }] };
  const answers = { "POST /api/v1/endpoints/fraud/ab": { metrics: [metric] } };
  const { out, code } = await runCommand(ab, { args: ["fraud"], answers, settings: { format: "csv" } });
  expect(code).toBe(1);
  expect(out.split("\n")[0]).toBe("metric,arm,mean,versus,versus_mean,difference,at_least,at_most,p,outcome");
});

test("watched, a CSV stays one", async () => {
  const rollout = { id, phase: "succeeded", active: false, events: 1, held: null };
  const page = { items: [{ ...event, ...rest }], next: null, intact: null };
  const path = `GET /api/v1/rollouts/${id}`;
  const { out, code } = await runCommand(rolloutStatus, {
    args: [id],
    options: { watch: true },
    answers: { [path]: rollout, [`${path}/events`]: page },
    settings: { format: "csv" },
  });
  expect(code).toBe(0);
  expect(out).toBe(
    `seq,at,kind,phase,step,actor,reason,hash\n1,2026-04-02T12:00:00Z,started,pending,-1,ann,"Begun, at last",ab\n`,
  );
});

test("the CSV of a dry run has the steps, too", async () => {
  const plan = {
    steps: [{ kind: "traffic", share: 1000, summary: "10 %", takes_ms: 60_000, because: "hold" }],
    metrics: [
      { metric: "errors", role: "guardrail", alpha: 0.05, share: 1, requests: 9, takes_ms: 5, message: "Soon." },
    ],
  };
  const { out } = await runCommand(startRollout, {
    args: ["fraud@2"],
    options: { dryRun: true },
    answers: { "POST /api/v1/endpoints/fraud/rollouts": { rollout: null, plan, notes: [] } },
    settings: { format: "csv" },
  });
  expect(out.split("\n").slice(1, 3)).toEqual([
    "step,10 %,,1000,,,60000,hold,",
    "metric,errors,guardrail,,0.05,9,5,,Soon.",
  ]);
});

test("that rollouts may not be read is no list without one; a server that knows none is", async () => {
  const refuse = (code: ErrorCode) => {
    const list = () => Promise.reject(new SlipwayError(code, "No."));
    return findRunning({ client: () => ({ rollouts: { list } }) } as unknown as Context);
  };
  await expect(refuse("forbidden")).rejects.toMatchObject({ code: "forbidden" });
  expect(await refuse("not_found")).toEqual(new Map());
});
