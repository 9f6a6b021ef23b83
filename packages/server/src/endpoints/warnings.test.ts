import { expect, test } from "vitest";
import { emptySpec } from "./endpoint.ts";
import { toWarnings } from "./gates.ts";

type Served = NonNullable<Parameters<typeof toWarnings>[1]>;

const input = { name: "origin", datatype: "BYTES", shape: [-1, 1], nullable: false } as const;
const served = {
  ready: 1,
  total: 1,
  trouble: null,
  placement: "thread",
  version: { what: "flight-delay@2", signature: { inputs: [input], outputs: [] }, modelSection: null, report: null },
} as unknown as Served;

test("a monitor of columns that the version does not have is warned of, with what may be meant", () => {
  const monitor = { slices: ["orign", "origin"], groups: ["origin"], drift: { ignore: ["carrier"] } };
  const warnings = toWarnings({ ...emptySpec, monitor }, served, { now: 0, cores: 2 });
  expect(warnings).toEqual([
    'monitor.slices names orign, which flight-delay@2 does not have. Did you mean "origin"?',
    "monitor.drift.ignore names carrier, which flight-delay@2 does not have.",
  ]);
  expect(toWarnings({ ...emptySpec, monitor: "off" }, served, { now: 0, cores: 2 })).toEqual([]);
});
