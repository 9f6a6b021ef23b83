import fc from "fast-check";
import { expect, test } from "vitest";
import { createHistogram } from "../../platform/telemetry/index.ts";
import { head } from "./lines.ts";
import { keepCounters, mergeMetrics } from "./merge.ts";

const counter = (value: number, labels = 'endpoint="a",outcome="ok"') =>
  `${head("slipway_requests_total", "counter", "Requests")}slipway_requests_total{${labels}} ${value}\n`;

test("one process alone is what it said", () => {
  const histogram = createHistogram([0.1, 1]);
  histogram.observe(0.5);
  const text =
    counter(3) + head("slipway_request_seconds", "histogram", "Time") + histogram.render("slipway_request_seconds", "");
  expect(mergeMetrics([text])).toBe(text);
  expect(mergeMetrics(["", text, ""])).toBe(text);
});

test("counters and histograms are added up, bucket by bucket", () => {
  fc.assert(
    fc.property(fc.array(fc.array(fc.double({ min: 0, max: 20, noNaN: true })), { minLength: 1 }), (processes) => {
      const bounds = [0.5, 1, 5, 10];
      const one = createHistogram(bounds);
      const texts = processes.map((values) => {
        const own = createHistogram(bounds);
        for (const value of values) {
          own.observe(value);
          one.observe(value);
        }
        return counter(values.length) + head("s", "histogram", "Time") + own.render("s", 'endpoint="a"');
      });
      const numbers = (text: string) =>
        new Map(text.split("\n").flatMap((row) => (/^[^#]/.test(row) ? [row.split(" ") as [string, string]] : [])));
      const merged = numbers(mergeMetrics(texts));
      for (const [series, value] of numbers(one.render("s", 'endpoint="a"')))
        expect(Number(merged.get(series))).toBeCloseTo(Number(value), 6);
      expect(merged.get('slipway_requests_total{endpoint="a",outcome="ok"}')).toBe(String(one.count));
    }),
  );
});

test("gauges that count are added up; of times, limits and versions the greatest stands, of starts the first", () => {
  const gauge = (name: string, value: number) => `${head(name, "gauge", "x")}${name} ${value}\n`;
  const merge = (name: string) => mergeMetrics([gauge(name, 2), gauge(name, 5)]).split("\n")[2];
  expect(merge("slipway_requests_in_flight")).toBe("slipway_requests_in_flight 7");
  expect(merge("process_resident_memory_bytes")).toBe("process_resident_memory_bytes 7");
  expect(merge("slipway_log_lag_seconds")).toBe("slipway_log_lag_seconds 5");
  expect(merge("slipway_event_loop_delay_seconds")).toBe("slipway_event_loop_delay_seconds 5");
  expect(merge("slipway_model_training_age_seconds")).toBe("slipway_model_training_age_seconds 5");
  expect(merge("slipway_run_row_limit")).toBe("slipway_run_row_limit 5");
  expect(merge("process_start_time_seconds")).toBe("process_start_time_seconds 2");
});

test("of a process that ended, its counters are carried on and its gauges are not", () => {
  const text = `${counter(4)}${head("slipway_queue_rows", "gauge", "Rows")}slipway_queue_rows 9\n`;
  expect(keepCounters(text)).toBe(counter(4));
  expect(mergeMetrics([keepCounters(text), counter(2)])).toBe(counter(6));
  expect(mergeMetrics([keepCounters(""), counter(2, 'endpoint="b {} x",outcome="ok"')])).toContain(
    'endpoint="b {} x",outcome="ok"} 2\n',
  );
});
