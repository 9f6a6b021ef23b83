import type { ManifestRollout, NewLabel } from "@slipway/contract";
import { createRandom } from "@slipway/statistics";
import { randomUUIDv7 } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { flightInputs } from "../../predictions/testing/log.ts";
import type { Evidence } from "../verdict.ts";
import type { Observed } from "./evidence-source.ts";
import { makeRollout, openTestEvidence } from "./testing/open-evidence.ts";

let opened: Awaited<ReturnType<typeof openTestEvidence>>;
beforeAll(async () => {
  opened = await openTestEvidence({ shadowed: { labels: { horizon: "1h", missing: "no" } } });
}, 60_000);
afterAll(() => opened.close());

const answer = (score: number, n = 1) =>
  ({
    rows: n,
    inputs: flightInputs(Array<string>(n).fill("ATL"), Array<number>(n).fill(700)),
    outputs: [
      {
        name: "late",
        datatype: "FP32",
        shape: [n, 2],
        data: Float32Array.from({ length: 2 * n }, (_, i) => (i % 2 === 0 ? 1 - score : score)),
      },
    ],
  }) as const;

const find = ({ evidence }: Observed, metric: string): Evidence => evidence.find((each) => each.metric === metric)!;
const verdicts = ({ evidence }: Observed) =>
  Object.fromEntries(evidence.map(({ metric, verdict }) => [metric, verdict]));

test("a challenger that errs, is slower and is worse by its labels", { timeout: 60_000 }, async () => {
  const { evidence, append, label, look } = opened;
  const rollout = makeRollout("flights", {
    steps: [{ traffic: "20%", min_samples: 10 }],
    guardrails: ["errors", { metric: "latency", budget: "40ms" }, "wrong"],
    goal: "brier",
    signals: [
      {
        name: "mean_late",
        sql: "select arm, late_p_yes as value from predictions where status = 'ok'",
        better: "lower",
      },
    ],
    limits: [{ metric: "errors", max: 0.05 }],
    observe: [{ name: "broken", sql: "select arm from predictions" }],
  });
  await evidence.start(rollout);
  expect(verdicts(await evidence.observe(rollout, Date.now()))).toMatchObject({
    errors: "inconclusive",
    wrong: "inconclusive",
  });
  const random = createRandom(1);
  const keys: { readonly key: string; readonly value: string }[] = [];
  for (let i = 0; i < 900; i++) {
    const arm = random() < 0.2 ? "challenger" : "champion";
    const propensity = arm === "challenger" ? 0.2 : 0.8;
    const isBad = arm === "challenger" && i % 5 === 0;
    const total = arm === "challenger" && i % 2 === 0 ? 60_000 : 5_000;
    const durations = { parse: 1, queue: 1, run: 1, total };
    if (isBad) {
      await append({ arm, propensity, durations, status: "error", error: { code: "model_error", message: "no" } });
      continue;
    }
    // The challenger takes what comes true for improbable.
    await append({ arm, propensity, durations, keys: [`k${i}`], ...answer(arm === "challenger" ? 0.2 : 0.7) });
    keys.push({ key: `k${i}`, value: random() < 0.7 ? "yes" : "no" });
  }
  await label("flights", keys);
  const seen = await look(rollout);
  expect(verdicts(seen)).toEqual({
    brier: "fail",
    errors: "fail",
    latency: "fail",
    wrong: "fail",
    mean_late: "pass",
    broken: "error",
    srm: "inconclusive",
  });
  // Requests of a moment ago may have others beside them that are not answered yet.
  expect(find(await evidence.observe(rollout, Date.now() + 120_000), "srm").verdict).toBe("pass");
  const limit = seen.evidence.find(({ role }) => role === "limit");
  expect(limit).toMatchObject({ verdict: "fail", metric: "errors" });
  const errors = find(seen, "errors");
  expect(errors.eValue).toBeGreaterThan(1 / errors.alpha!);
  expect(errors.message).toMatch(
    /^[\d.]+ % of \d+ requests of the challenger failed, and 0 % of \d+ requests of the champion at the same time: that is harm/,
  );
  expect(find(seen, "latency").details).toMatchObject({ budget_ms: 40, challenger_ms: { p95: expect.any(Number) } });
  expect(find(seen, "mean_late").estimate).toBeCloseTo(-0.5, 5);
  const [challenger, champion] = find(seen, "brier").arms;
  expect([challenger?.n, seen.labels, seen.samples]).toEqual([seen.labels, seen.samples, challenger?.n]);
  expect((champion?.n ?? 0) + (challenger?.n ?? 0)).toBe(keys.length);
});

test("units that stay with their arm count once", { timeout: 60_000 }, async () => {
  const { evidence, label, look } = opened;
  const endpoint = "sticky";
  const append = (record: Parameters<typeof opened.append>[0]) => opened.append({ endpoint, ...record });
  const section: ManifestRollout = {
    steps: [{ traffic: "50%" }],
    unit: "header:x-customer",
    guardrails: ["errors", "brier", "wrong"],
    observe: [
      { name: "by_unit", sql: "select arm, late_p_yes as value, bucket as unit from predictions", better: "lower" },
      { name: "by_row", sql: "select arm, late_p_yes as value from predictions", better: "lower" },
    ],
  };
  const rollout = makeRollout(endpoint, section);
  await evidence.start(rollout);
  const failed = { status: "error", error: { code: "model_error", message: "no" } } as const;
  const labels: NewLabel[] = [];
  for (let i = 0; i < 600; i++) {
    const customer = i % 150;
    const arm = customer % 2 === 0 ? "challenger" : "champion";
    const bucket = customer + (arm === "challenger" ? 0 : 5000);
    // One customer of the challenger, and one of the champion, meet nothing but errors.
    if (customer < 2) await append({ arm, bucket, ...failed });
    else {
      // What the challenger says is wrong for the same few customers again and again.
      await append({ arm, bucket, keys: [`u${i}`], ...answer(customer % 30 === 2 ? 0.1 : 0.8) });
      labels.push({ key: `u${i}`, value: "yes" });
    }
  }
  for (let i = 0; i < 200; i++) await append({ arm: "challenger", bucket: 0, ...failed });
  // What is counted from the log's headers waits for no lake.
  const early = await evidence.observe(rollout, Date.now());
  expect(find(early, "errors").message).toContain("(1 and 1 where each unit counts once)");
  await label(endpoint, labels);
  const seen = await look(rollout);
  expect(find(seen, "errors")).toMatchObject({
    verdict: "pass",
    interval: null,
    message: expect.stringContaining("(1 and 1 where each unit counts once)"),
    arms: [{ events: 204 }, { events: 4 }],
  });
  expect(find(seen, "wrong").message).toContain("(5 and 0 where each unit counts once)");
  const over = find(await evidence.observe(rollout, Date.now() + 120_000), "srm");
  expect(over).toMatchObject({ verdict: "pass", arms: [{ n: 75 }, { n: 75 }] });
  // Traffic that stops is no evidence, however much there was.
  expect(find(await evidence.observe(rollout, Date.now() + 600_000), "errors")).toMatchObject({
    verdict: "no_data",
    message: expect.stringContaining("no more requests of the challenger and the champion"),
  });
  expect(find(seen, "brier").verdict).toBe("pass");
  expect(find(seen, "brier").interval![0]).toBeLessThan(0);
  const width = (name: string) => find(seen, name).interval![1] - find(seen, name).interval![0];
  expect(width("by_unit")).toBeGreaterThan(1.3 * width("by_row"));
});

test("a missing arm and answers of a fallback do not blind a look at rows", { timeout: 60_000 }, async () => {
  const { evidence, label, look } = opened;
  const endpoint = "patchy";
  const append = (record: Parameters<typeof opened.append>[0]) => opened.append({ endpoint, ...record });
  const section: ManifestRollout = {
    steps: [{ traffic: "50%" }],
    guardrails: ["errors", "wrong"],
    observe: [{ name: "score", sql: "select arm, late_p_yes as value from predictions", better: "lower" }],
  };
  const rollout = makeRollout(endpoint, section);
  await evidence.start(rollout);
  const labels: NewLabel[] = [];
  const say = async (i: string, record: Parameters<typeof append>[0], score: number) => {
    await append({ ...record, keys: [i], ...answer(score) });
    labels.push({ key: i, value: "yes" });
  };
  for (let i = 0; i < 10; i++) await say(`w${i}`, { arm: "champion", propensity: 1 }, 0.1);
  for (let i = 0; i < 320; i++) {
    const arm = i % 2 === 0 ? "challenger" : "champion";
    if (i % 6 === 0) await say(`p${i}`, { arm, version: 1, status: "fallback", fallback: "alias:stable" }, 0.9);
    else await say(`p${i}`, { arm }, arm === "challenger" ? 0.1 : 0.8);
  }
  await label(endpoint, labels);
  const seen = await look(rollout);
  expect(find(seen, "errors")).toMatchObject({ verdict: "fail", arms: [{ n: 160, events: 54 }, { events: 0 }] });
  expect(find(seen, "wrong")).toMatchObject({
    verdict: "fail",
    arms: [
      { n: 106, events: 106 },
      { n: 160, events: 0 },
    ],
  });
  expect(find(seen, "score")).toMatchObject({ arms: [{ n: 106 }, { n: 160 }] });
  expect(find(seen, "score").estimate).toBeCloseTo(-0.7, 5);
});

test("the rows of one request are one event and one cluster", { timeout: 60_000 }, async () => {
  const { evidence, label, look } = opened;
  const endpoint = "batches";
  const append = (record: Parameters<typeof opened.append>[0]) => opened.append({ endpoint, ...record });
  const guardrails = ["wrong" as const, "brier" as const];
  const rollout = makeRollout(endpoint, { steps: [{ traffic: "50%" }], guardrails });
  await evidence.start(rollout);
  const labels: NewLabel[] = [];
  for (let i = 0; i < 24; i++) {
    const arm = i % 2 === 0 ? "challenger" : "champion";
    const keys = Array.from({ length: 20 }, (_, row) => `b${i} ${row}`);
    // Two requests of the challenger are wrong, with all of their rows.
    await append({ arm, keys, ...answer(i % 12 === 0 ? 0.1 : 0.8, 20) });
    labels.push(...keys.map((key) => ({ key, value: "yes" })));
  }
  await label(endpoint, labels);
  const seen = await look(rollout);
  expect(find(seen, "wrong")).toMatchObject({
    verdict: "pass",
    message: expect.stringContaining("(2 and 0 where each unit counts once)"),
    arms: [
      { n: 240, events: 40 },
      { n: 240, events: 0 },
    ],
  });
  expect(find(seen, "brier")).toMatchObject({ verdict: "inconclusive", interval: null });
  expect([seen.samples, seen.labels]).toEqual([240, 240]);
});

test("what happens to one user in a shadow again and again counts once", { timeout: 60_000 }, async () => {
  const { evidence, look } = opened;
  const endpoint = "shadowed by units";
  const append = (record: Parameters<typeof opened.append>[0]) => opened.append({ endpoint, ...record });
  const section: ManifestRollout = { steps: [{ shadow: "100%" }], unit: "header:x-customer", guardrails: ["errors"] };
  const rollout = makeRollout(endpoint, section);
  await evidence.start(rollout);
  for (let i = 0; i < 120; i++) {
    const id = randomUUIDv7();
    await append({ id, version: 1, bucket: i % 30, ...answer(0.5) });
    const shadow = { shadowOf: { id, row: 0 }, face: "shadow", version: 2 } as const;
    const error = { code: "model_error", message: "no" };
    await append(i % 30 < 2 ? { ...shadow, status: "error", error } : { ...shadow, ...answer(0.5) });
  }
  const errors = find(await look(rollout), "errors");
  expect(errors).toMatchObject({
    verdict: "pass",
    arms: [
      { n: 120, events: 8 },
      { n: 120, events: 0 },
    ],
  });
  expect(errors.eValue).toBeLessThan(20);
});

// Time passes in it: what is predicted after it seems to be before it began.
test("pairs of a shadow, labels that are due, and a later step", { timeout: 60_000 }, async () => {
  const { evidence, label, look, wait } = opened;
  const endpoint = "shadowed";
  const append = (record: Parameters<typeof opened.append>[0]) => opened.append({ endpoint, ...record });
  const section: ManifestRollout = {
    steps: [{ shadow: "100%", min_labels: 180 }, { approve: "anyone" }, { traffic: "50%" }],
    guardrails: ["errors", "latency", "log_loss", "refused"],
    goal: { metric: "log_loss", name: "better" },
    unit: "customer",
  };
  const rollout = makeRollout(endpoint, section);
  await evidence.start(rollout);
  const random = createRandom(3);
  const labels: NewLabel[] = [];
  for (let i = 0; i < 200; i++) {
    const id = randomUUIDv7();
    const truth = random() < 0.5;
    await append({ id, version: 1, keys: [`s${i}`], ...answer(0.5) });
    const shadow = { shadowOf: { id, row: 0 }, face: "shadow", version: 2, keys: [`s${i}`] };
    if (i % 10 === 0) await append({ ...shadow, status: "error", error: { code: "model_error", message: "no" } });
    else await append({ ...shadow, ...answer(truth ? 0.7 : 0.3) });
    // A label that does not come means `no`.
    if (truth) labels.push({ key: `s${i}`, value: "yes" });
  }
  await label(endpoint, labels);
  const early = await look(rollout);
  expect(find(early, "log_loss")).toMatchObject({ verdict: "inconclusive", arms: [{ n: 0 }, { n: 0 }] });
  expect([early.samples, early.labels]).toEqual([180, 0]);
  expect(find(early, "errors")).toMatchObject({
    verdict: "fail",
    arms: [
      { n: 200, events: 20 },
      { n: 200, events: 0 },
    ],
  });
  expect(find(early, "latency")).toMatchObject({
    verdict: "pass",
    message: expect.stringContaining("harms no caller"),
  });
  expect(find(early, "refused").verdict).toBe("pass");
  expect(find(early, "srm")).toMatchObject({ verdict: "inconclusive" });

  wait(2 * 3_600_000);
  const due = await look(rollout);
  expect(due.labels).toBe(180);
  expect(find(due, "better")).toMatchObject({ verdict: "pass", arms: [{ n: 180 }, { n: 180 }] });
  expect(find(due, "better").interval?.[1]).toBeLessThan(0);
  expect(find(due, "log_loss").verdict).toBe("pass");

  // A step of its own has nothing yet, and what the shadow has shown stays.
  const next = makeRollout(endpoint, section, { step: 2, revision: 9, enteredAt: Date.now() + 2 * 3_600_000 });
  await append({ arm: "challenger", revision: 8 });
  const begun = await look(next);
  expect([begun.samples, begun.labels, find(begun, "refused").verdict]).toEqual([0, 0, "inconclusive"]);
  wait(60_000);
  expect(find(await look(next), "refused")).toMatchObject({
    verdict: "no_data",
    message: expect.stringContaining("the challenger"),
  });
  const at = (Date.now() + 2 * 3_600_000) * 1000;
  await append({ arm: "challenger", revision: 9, at });
  await append({ arm: "champion", revision: 9, at });
  const answered = await look(next);
  expect([answered.samples, find(answered, "refused").verdict]).toEqual([1, "pass"]);
  // Somebody changes something else of the endpoint: the step is still that one.
  const changed = makeRollout(endpoint, section, { ...next.status, revision: 11 });
  await append({ arm: "challenger", revision: 11 });
  expect((await look(changed)).samples).toBe(2);

  // After a start the pairs are not there at once, and nothing is judged without them.
  const restarted = opened.again();
  onTestFinished(() => restarted.close());
  const unknown = await restarted.observe(changed, Date.now() + 3 * 3_600_000);
  expect(find(unknown, "errors")).toMatchObject({
    verdict: "inconclusive",
    message: expect.stringContaining("the first look is under way"),
  });
  expect(unknown.at).toBeLessThan(Date.now() + 3_600_000);
  await restarted.settled();
  expect(find(await restarted.observe(changed, Date.now() + 3 * 3_600_000), "errors").verdict).toBe("fail");

  // A lake that hangs is said to, and evidence is as old as its rows.
  const stuck = opened.again({ flush: () => new Promise(() => {}), sleep: async () => {} });
  onTestFinished(() => stuck.close());
  await stuck.observe(changed, Date.now());
  await stuck.settled();
  expect(find(await stuck.observe(changed, Date.now()), "log_loss")).toMatchObject({
    verdict: "error",
    message: expect.stringContaining("it took longer than 180 s"),
  });
  await evidence.finish(rollout.id);
  expect((await evidence.offsets()).size).toBeGreaterThan(0);
});

test("a limit that Prometheus is asked for", async () => {
  const { evidence, look } = opened;
  const asked: string[] = [];
  let body = "";
  const server = createServer((request, response) => {
    asked.push(request.url ?? "");
    response.end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/prom/`;
  const limits = [{ name: "queue", prometheus: { url, query: "sum(queue)" }, max: 10 }];
  const rollout = makeRollout("asked", { steps: [{ traffic: "10%" }], guardrails: [], limits });
  await evidence.start(rollout);
  const say = async (result: unknown) => {
    body = JSON.stringify({ status: "success", data: result });
    return find(await look(rollout), "queue");
  };
  expect(await say({ resultType: "vector", result: [{ metric: {}, value: [1, "9"] }] })).toMatchObject({
    verdict: "pass",
    message: "queue is 9 by Prometheus: within the limit.",
  });
  expect(asked).toEqual(["/prom/api/v1/query?query=sum%28queue%29"]);
  expect(await say({ resultType: "scalar", result: [1, "10.5"] })).toMatchObject({
    verdict: "fail",
    message: "queue is 10.5 by Prometheus: at most 10 is allowed.",
  });
  expect((await say({ resultType: "vector", result: [] })).verdict).toBe("no_data");
  expect(await say({ resultType: "vector", result: [{}, {}] })).toMatchObject({
    verdict: "error",
    message: expect.stringContaining("2 series"),
  });
  body = "no";
  expect((await look(rollout)).evidence[0]).toMatchObject({ verdict: "error" });
});
