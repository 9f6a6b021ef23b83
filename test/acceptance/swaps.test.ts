import { createClient } from "@slipway/sdk";
import { beforeAll, expect, test } from "vitest";
import { deploy } from "../lib/deploy.ts";
import { fetchJson } from "../lib/fetch-json.ts";
import { flight, flights, scaledMatrix } from "../lib/models.ts";
import { rounds } from "../lib/rounds.ts";
import { useServer } from "../lib/server.ts";

const server = useServer();
const swaps = rounds(200, 2000);
const client = () => createClient({ url: server.url });

/** An answer as it left the server. */
interface Answer {
  readonly id: string;
  readonly version: number;
  readonly outputs: readonly number[];
}

/** What went wrong, in words; nothing else is kept of wrong answers. */
const troubles: string[] = [];
const answers: Answer[] = [];
const over = new AbortController();

beforeAll(async () => {
  // Version 1 answers n for the row [n, 0, 0, 0], version 2 answers -n: the sign tells the version, the size the row.
  for (const factor of [1, -1]) await deploy(server.url, scaledMatrix(factor), { name: "sign" });
  const patient = { serve: { timeout: "20s" }, log: { fields: ["origin_late_3h"] } };
  await deploy(server.url, flights.v1, { manifest: patient });
  await deploy(server.url, flights.v2, { manifest: patient });
}, 60_000);

/** A number that no other row of the test has; exact as a float. */
const next = (() => {
  let last = 0;
  return () => ++last;
})();

async function post(path: string, json: unknown): Promise<ReturnType<typeof JSON.parse>> {
  const { status, headers, body } = await fetchJson(`${server.url}${path}`, { json });
  if (status === 200 && headers.get("x-slipway-logged") === null)
    return { id: headers.get("x-slipway-prediction"), ...body };
  troubles.push(`failed: ${path} ${status} ${JSON.stringify(body)}`);
  return null;
}

/** Holds an answer to its version's own numbers. */
function judge(sent: readonly number[], answer: Answer): void {
  answers.push(answer);
  const sign = answer.version === 1 ? 1 : -1;
  const expected = sent.map((n) => sign * n);
  if (JSON.stringify(answer.outputs) !== JSON.stringify(expected))
    troubles.push(`mixed: version ${answer.version} answered ${answer.outputs.join()} for ${sent.join()}`);
}

const toRow = (n: number) => [n, 0, 0, 0];

/** One record, a list of 1 to 7, a tensor: each asks on a connection of its own until the swaps are over. */
const callers: readonly (() => Promise<void>)[] = [
  async () => {
    const n = next();
    const body = await post("/api/v1/endpoints/sign/predict", { X: toRow(n) });
    if (body) judge([n], { ...body, outputs: [body.prediction.y] });
  },
  async () => {
    const sent = Array.from({ length: 1 + (next() % 7) }, next);
    const body = await post(
      "/endpoints/sign/predict",
      sent.map((n) => ({ X: toRow(n) })),
    );
    if (body) judge(sent, { ...body, outputs: body.predictions.map((row: { y: number }) => row.y) });
  },
  async () => {
    const sent = Array.from({ length: 3 }, next);
    const inputs = [{ name: "X", datatype: "FP32", shape: [3, 4], data: sent.flatMap(toRow) }];
    const body = await post("/v2/models/sign/infer", { inputs });
    if (body) judge(sent, { id: body.id, version: Number(body.model_version), outputs: body.outputs[0].data });
  },
];

async function ask(caller: () => Promise<void>): Promise<void> {
  while (!over.signal.aborted) await caller();
}

/** What each version answers to a flight of one caller, learnt by pinning. */
async function learnFlights(count: number) {
  const { endpoint } = client();
  const records = Array.from({ length: count }, (_, i) => ({
    ...flight,
    hour: 2 + 3 * i,
    distance: 200 + 317 * i,
    origin_late_3h: i / count,
  }));
  const late = async (pin: number) => {
    const { predictions } = await endpoint("flight-delay", { pin }).predict(records, { timeoutMs: 20_000 });
    return predictions.map(({ late }) => (late as { probabilities: { late: number } }).probabilities.late);
  };
  const [first, second] = [await late(1), await late(2)];
  return records.map((record, i) => ({ record, expected: { 1: first[i] ?? 0, 2: second[i] ?? 0 } }));
}

type Learnt = Awaited<ReturnType<typeof learnFlights>>[number];

function toFlightCaller({ record, expected }: Learnt): () => Promise<void> {
  return async () => {
    const body = await post("/api/v1/endpoints/flight-delay/predict", record);
    if (!body) return;
    const got: number = body.prediction.late.probabilities.late;
    answers.push({ id: body.id, version: body.version, outputs: [got] });
    if (Math.abs(got - expected[body.version as 1 | 2]) > 1e-5)
      troubles.push(`mixed: flight version ${body.version} answered ${got}, not ${JSON.stringify(expected)}`);
  };
}

test(`${swaps} version swaps under load: 0 failed, 0 mixed`, { timeout: rounds(120_000, 1_800_000) }, async () => {
  const learnt = await learnFlights(4);
  // Else the numbers would not tell whose answer it is.
  const all = learnt.flatMap(({ expected }) => Object.values(expected)).toSorted((a, b) => a - b);
  expect(all.every((value, i) => i === 0 || value - (all[i - 1] ?? 0) > 1e-4)).toBe(true);

  const load = [...callers, ...callers, ...learnt.map(toFlightCaller)].map(ask);
  for (let swap = 0; swap < swaps; swap++) {
    const [version, name] = [1 + (swap % 2), swap % 8 < 6 ? "sign" : "flight-delay"] as const;
    const before = answers.length;
    const { target } = await client().endpoints.promote(name, version, { timeoutMs: 30_000 });
    expect(target?.version).toBe(version);
    // Some traffic between any two.
    while (answers.length < before + 5 && troubles.length === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  }
  over.abort();
  await Promise.all(load);

  expect(troubles.slice(0, 5)).toEqual([]);
  for (const version of [1, 2])
    expect(answers.filter((answer) => answer.version === version).length).toBeGreaterThan(answers.length / 10);
  expect((await client().server.status()).predictions.not_logged).toBe(0);
});

test("each of them is on record with the version and the numbers of its answer", { timeout: 120_000 }, async () => {
  const recorded = new Map<string, { version: number; outputs: number[] }>();
  for (const endpoint of ["sign", "flight-delay"])
    for await (const item of client().predictions.all(endpoint, { limit: 1000, order: "oldest" })) {
      const id = item.id.split("/")[0] ?? "";
      const record = recorded.get(id) ?? { version: item.version ?? 0, outputs: [] };
      recorded.set(id, record);
      expect(item.version).toBe(record.version);
      const value = item.outputs["y"] ?? (item.outputs["late"] as number[])[1];
      record.outputs[item.row ?? 0] = value as number;
    }
  const wrong = answers.filter(({ id, version, outputs }) => {
    const record = recorded.get(id);
    return JSON.stringify(record) !== JSON.stringify({ version, outputs });
  });
  expect(wrong.slice(0, 3).map((answer) => ({ answer, record: recorded.get(answer.id) }))).toEqual([]);
  expect(answers.length).toBeGreaterThan(5 * swaps - 1);
});
