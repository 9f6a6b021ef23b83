import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { benchModels } from "../../bench/models/models.ts";
import { compareTensors, type Tensor } from "../../packages/runtime/src/index.ts";
import { deploy } from "../lib/deploy.ts";
import { fetchJson } from "../lib/fetch-json.ts";
import { flight, flights, smallModel } from "../lib/models.ts";
import { useServer } from "../lib/server.ts";

const server = useServer();
const folder = mkdtempSync(join(tmpdir(), "slipway-batched-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const patient = { serve: { timeout: "60s" } };

beforeAll(async () => {
  for (const name of ["mlp", "convolution"] as const) {
    writeFileSync(join(folder, `${name}.onnx`), benchModels[name]());
    await deploy(server.url, join(folder, `${name}.onnx`), { name, manifest: patient });
  }
  await deploy(server.url, smallModel("iris-int"), { name: "iris", manifest: patient });
  await deploy(server.url, flights.v2, { name: "flights", manifest: patient });
}, 120_000);

/** The same numbers in every run of the test. */
function numbers(count: number, seed: number): number[] {
  let state = seed * 7919 + 1;
  return Array.from({ length: count }, () => {
    state = (state * 48271) % 2147483647;
    return Math.fround((state / 2147483647) * 6);
  });
}

interface Input {
  readonly name: string;
  readonly datatype: string;
  readonly shape: readonly number[];
  readonly data: readonly (number | string)[];
}

const floats = (name: string, shape: readonly number[], row: number): Input[] => [
  {
    name,
    datatype: "FP32",
    shape: [1, ...shape],
    data: numbers(
      shape.reduce((a, b) => a * b, 1),
      row,
    ),
  },
];
const airports = ["ATL", "JFK", "ORD", "LAX"];
const flightOf = (row: number): Input[] => {
  const [a, b, c] = numbers(3, row) as [number, number, number];
  const values = {
    ...flight,
    origin: airports[row % 4]!,
    destination: airports[(row + 1) % 4]!,
    hour: Math.floor(4 * a) % 24,
    weekday: row % 7,
    distance: Math.floor(300 * b) + 100,
    origin_late_3h: c / 6,
  };
  const types: Record<string, string> = { origin: "BYTES", destination: "BYTES", hour: "INT64", weekday: "INT64" };
  return Object.entries(values).map(([name, value]) => ({
    name,
    datatype: types[name] ?? "FP32",
    shape: [1, 1],
    data: [value],
  }));
};

async function infer(name: string, inputs: readonly Input[]): Promise<Tensor[]> {
  const { status, body } = await fetchJson(`${server.url}/v2/models/${name}/infer`, { json: { inputs } });
  expect(status, JSON.stringify(body)).toBe(200);
  return body.outputs;
}

async function largestRun(endpoint: string): Promise<number> {
  const text = await (await fetch(`${server.url}/metrics`)).text();
  const lines = [...text.matchAll(/^slipway_run_rows_bucket\{endpoint="([^"]+)",version="1",le="(\d+)"\} (\d+)$/gm)];
  const own = lines.filter(([, of]) => of === endpoint).map(([, , le, count]) => [Number(le), Number(count)] as const);
  const all = Math.max(...own.map(([, count]) => count));
  return own.find(([, count]) => count === all)?.[0] ?? 0;
}

const cases = [
  ["iris", 64, (row: number) => floats("X", [4], row)],
  ["flights", 64, flightOf],
  ["mlp", 48, (row: number) => floats("x", [128], row)],
  ["convolution", 6, (row: number) => floats("image", [3, 64, 64], row)],
] as const;

for (const [name, rows, make] of cases)
  test(`${name}: together and alone the answers are the same`, { timeout: 120_000 }, async () => {
    const requests = Array.from({ length: rows }, (_, row) => make(row + 1));
    const together: Tensor[][] = [];
    for (let round = 0; round < 3; round++)
      together.splice(0, Infinity, ...(await Promise.all(requests.map((inputs) => infer(name, inputs)))));
    if (name !== "convolution") expect(await largestRun(name)).toBeGreaterThan(1);
    for (const [i, inputs] of requests.entries()) {
      const alone = await infer(name, inputs);
      for (const [k, expected] of alone.entries()) {
        const got = together[i]![k]!;
        const exact = expected.datatype === "INT64" || expected.datatype === "BYTES";
        const tolerance = exact ? { absolute: 0, relative: 0 } : { absolute: 1e-6, relative: 1e-4 };
        expect(compareTensors(toTensor(expected), toTensor(got), tolerance)).toMatchObject({ within: true });
      }
    }
  });

function toTensor({ name, datatype, shape, data }: Tensor): Tensor {
  if (datatype === "BYTES") return { name, datatype, shape, data };
  const list = data as unknown as readonly number[];
  const typed = datatype === "INT64" ? BigInt64Array.from(list.map(BigInt)) : Float32Array.from(list);
  return { name, datatype, shape, data: typed };
}
