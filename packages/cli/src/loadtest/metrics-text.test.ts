import { expect, test } from "vitest";
import { compareMetrics, parseMetrics } from "./metrics-text.ts";

const before = `# HELP slipway_requests_total Requests
slipway_requests_total{endpoint="a",outcome="ok"} 10
slipway_requests_total{endpoint="b",outcome="ok"} 99
process_cpu_seconds_total 1.5
slipway_queue_seconds_bucket{endpoint="a",le="0.001"} 1
slipway_queue_seconds_bucket{endpoint="a",le="0.01"} 1
slipway_queue_seconds_bucket{endpoint="a",le="+Inf"} 1
slipway_queue_seconds_sum{endpoint="a"} 0.0005
slipway_queue_seconds_count{endpoint="a"} 1
`;
const after = `
slipway_requests_total{endpoint="a",outcome="ok"} 30
slipway_requests_total{endpoint="a",outcome="overloaded"} 5
slipway_requests_total{endpoint="b",outcome="ok"} 100
process_cpu_seconds_total 4 1700000000
slipway_queue_seconds_bucket{endpoint="a",le="0.001"} 51
slipway_queue_seconds_bucket{endpoint="a",le="0.01"} 101
slipway_queue_seconds_bucket{endpoint="a",le="+Inf"} 101
slipway_queue_seconds_sum{endpoint="a"} 0.2005
slipway_queue_seconds_count{endpoint="a"} 101
odd{text="a\\"b\\\\c\\nd"} 1
`;

test("counters and histograms by what was added", () => {
  const found = compareMetrics(parseMetrics(before), parseMetrics(after));
  const filter = { endpoint: "a" };
  expect(found.sum("slipway_requests_total", filter)).toBe(25);
  expect(found.sum("slipway_requests_total")).toBe(26);
  expect(found.sum("slipway_nothing_total")).toBeNull();
  expect(found.sum("slipway_requests_total", { endpoint: "c" })).toBeNull();
  expect([found.last("process_cpu_seconds_total"), found.last("slipway_nothing")]).toEqual([4, null]);
  expect(found.by("slipway_requests_total", "outcome", filter)).toEqual({ ok: 20, overloaded: 5 });
  expect(found.sum("process_cpu_seconds_total")).toBe(2.5);
  expect(found.mean("slipway_queue_seconds", filter)).toBeCloseTo(0.002);
  expect(found.percentile("slipway_queue_seconds", 0.5, filter)).toBeCloseTo(0.001);
  expect(found.percentile("slipway_queue_seconds", 0.99, filter)).toBeCloseTo(0.00982);
  expect(found.percentile("slipway_queue_seconds", 0.99, { endpoint: "c" })).toBeNull();
  expect(found.mean("slipway_queue_seconds", { endpoint: "c" })).toBeNull();
});

test("labels come back as they were", () => {
  expect(parseMetrics(after).get("odd")).toEqual([{ labels: { text: 'a"b\\c\nd' }, value: 1 }]);
});
