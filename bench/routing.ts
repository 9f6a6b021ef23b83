import { parseArgs } from "node:util";
import type { Signature } from "@slipway/runtime";
import { divide, type Division, type Divided } from "../packages/server/src/endpoints/divide.ts";
import { undivided, type TrafficRule, type TrafficSettings } from "../packages/server/src/endpoints/endpoint.ts";
import type { ParsedRequest } from "../packages/server/src/endpoints/parsed-request.ts";
import type { LoadedVersion } from "../packages/server/src/serving/index.ts";
import { toCell, toMarkdown } from "./lib/table.ts";

// What it costs to decide which arm a request goes to: rules, hash and table, as the hot path calls it. Bar: 5 µs.
//   npm run bench:routing -- [--repeats 9] [--decisions 200000]
const { values: options } = parseArgs({
  options: { repeats: { type: "string", default: "9" }, decisions: { type: "string", default: "200000" } },
});
const decisions = Number(options.decisions);

const input = { datatype: "FP32", shape: [-1, 1], nullable: false } as const;
const signature = {
  inputs: Array.from({ length: 20 }, (_, i) => ({ name: `f${i}`, ...input })),
  outputs: [],
  packed: { tensor: "X", datatype: "FP32" },
  batched: true,
} as unknown as Signature;
const toLoaded = (version: number) => ({ version: { version }, signature }) as unknown as LoadedVersion;

const arms = [
  { name: "challenger", version: 2, from: 0, share: 1000 },
  { name: "control", version: 1, from: 5000, share: 1000 },
];
const toRules = (count: number): TrafficRule[] =>
  Array.from({ length: count }, (_, i) => ({
    name: `rule_${i}`,
    header: `x-rule-${i}`,
    field: null,
    values: ["yes", "1"],
    arm: "challenger",
  }));

function toDivision(traffic: Partial<TrafficSettings>): Division {
  return divide({
    traffic: { ...undivided, seed: "flight-delay/3", arms, ...traffic },
    served: toLoaded(1),
    arms: arms.map((arm) => ({ arm, loaded: toLoaded(arm.version) })),
    toLogFields: () => () => new Uint8Array(),
  })!;
}

const headers = new Map([["x-user", "8a6b1c2e-5d3f-4a7b-9c8d-0e1f2a3b4c5d"]]);
const parsed = {
  tensors: [{ name: "X", datatype: "FP32", shape: [1, 20], data: new Float32Array(20) }],
  extra: [{ user_id: "8a6b1c2e-5d3f-4a7b-9c8d-0e1f2a3b4c5d" }],
} as unknown as ParsedRequest;

const subjects: Readonly<Record<string, Division>> = {
  "each request by itself": toDivision({}),
  "by a header, three ways": toDivision({ unit: "header:x-user" }),
  "by a record field": toDivision({ unit: "user_id" }),
  "by a column of the matrix": toDivision({ unit: "f19" }),
  "by a header, after 20 rules that do not hold": toDivision({ unit: "header:x-user", rules: toRules(20) }),
};

/** Microseconds of a decision; ids differ, as in life. */
function measure(division: Division): number {
  let challengers = 0;
  const requests: Divided[] = Array.from({ length: 1000 }, (_, i) => ({
    id: `01931c3e-7a51-7c60-b3a5-${String(i).padStart(12, "0")}`,
    header: (name) => headers.get(name) ?? null,
    parsed,
  }));
  const from = performance.now();
  for (let i = 0; i < decisions; i++)
    if (division.choose(requests[i % 1000]!).assignment.arm === "challenger") challengers++;
  const took = performance.now() - from;
  if (challengers < 0) throw new Error("never");
  return (took / decisions) * 1000;
}

const times = new Map(Object.keys(subjects).map((name) => [name, [] as number[]]));
for (let round = 0; round <= Number(options.repeats); round++)
  for (const [name, division] of Object.entries(subjects)) {
    const took = measure(division);
    if (round > 0) times.get(name)!.push(took);
  }
console.log(
  toMarkdown([["a decision, µs", "result", "bar"], ...[...times].map(([name, all]) => [name, toCell(all), "≤ 5"])]),
);
