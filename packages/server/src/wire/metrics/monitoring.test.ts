import { expect, test } from "vitest";
import { passing, type Finding } from "../../monitoring/finding.ts";
import { renderMonitoring } from "./monitoring.ts";

const watched = { endpoint: "flights", model: "flights", version: 2 };
const columns = Array.from({ length: 1_000 }, (_, i) => i);

test("of a thousand columns what fails first is told, and not more than a time-series database should take", async () => {
  const findings = columns.map((i): Finding => ({
    ...passing("drift.input"),
    column: `c${i}`,
    value: i,
    verdict: i === 999 ? "fail" : "pass",
  }));
  const none = async () => ({ items: [], next: null }) as never;
  const text = await renderMonitoring({
    gauges: { list: () => [{ watched, to: 3_600_000, findings }] },
    incidents: { list: none } as never,
    channels: { list: none } as never,
  });
  const values = text.split("\n").filter((line) => line.startsWith("slipway_monitor_value{"));
  expect(values).toHaveLength(500);
  expect(values[0]).toContain('column="c999"');
});
