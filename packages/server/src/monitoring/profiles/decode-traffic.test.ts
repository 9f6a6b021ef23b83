import { createRandom } from "@slipway/statistics";
import { expect, test } from "vitest";
import { decodeProfile, decodeTraffic, encodeProfile, trafficBytes } from "./codec.ts";
import { createProfilePlan } from "./column-plan.ts";
import { createProfileBuilder } from "./profile-builder.ts";

test("the traffic of a large profile is in the beginning of its bytes", () => {
  const random = createRandom(7);
  const sample = (n: number) => Float64Array.from({ length: n }, random);
  const none = { categories: null, range: null, nullable: false };
  const columns = Array.from({ length: 40 }, (_, i) => ({
    ...none,
    name: `column_${i}`,
    role: "input" as const,
    kind: "number" as const,
    edges: Float64Array.of(0, 0.5, 1),
  }));
  const builder = createProfileBuilder(createProfilePlan(columns));
  builder.addColumns(new Map(columns.map(({ name }) => [name, sample(2000)])), 2000);
  builder.addAnswered({ requests: 100_000, fallbacks: 3, latencies: sample(100_000) });
  for (let i = 0; i < 60; i++) builder.addFailed(`an_error_code_of_its_own_${i}`, random());
  const bytes = encodeProfile(builder.profile());
  expect(bytes.length).toBeGreaterThan(2 * trafficBytes);
  const { columns: _, ...traffic } = decodeProfile(bytes);
  expect(decodeTraffic(bytes.subarray(0, trafficBytes))).toEqual(traffic);
  const small = encodeProfile(createProfileBuilder(createProfilePlan(columns.slice(0, 1))).profile());
  expect(decodeTraffic(small)).toMatchObject({ rows: 0, requests: 0 });
});
