import { describe, expect, test } from "vitest";
import { createEmptyExample, createMonitorExample } from "../testing/monitor-example.ts";
import { toReport } from "./to-report.ts";

const madeAt = "2026-11-22T10:03:00.000Z";
const small = toReport({ ...createMonitorExample(), madeAt });
const big = toReport({ ...createMonitorExample({ columns: 200, windows: 168 }), madeAt });
const empty = toReport({ ...createEmptyExample(), madeAt });
const pages = { small, big, empty };

/** Tags that are left open, or closed without having been opened. */
function unbalanced(html: string): string[] {
  const open: string[] = [];
  const wrong: string[] = [];
  for (const [, closing, name = "", rest = ""] of html.matchAll(/<(\/?)([a-z][a-z0-9]*)\b([^>]*)>/g)) {
    if (rest.endsWith("/") || ["meta", "link"].includes(name)) continue;
    if (closing === "") open.push(name);
    else if (open.pop() !== name) wrong.push(name);
  }
  return [...wrong, ...open];
}

describe.each(Object.entries(pages))("the %s report", (_name, html) => {
  test("is one file: no script, nothing from elsewhere", () => {
    expect(html).not.toMatch(/<script|<link|<img|<iframe|@import|url\(|https?:|\ssrc=/);
    expect([...html.matchAll(/href="([^"]*)"/g)].filter(([, target = ""]) => !target.startsWith("#"))).toEqual([]);
  });

  test("is whole, and no figure is none", () => {
    expect(unbalanced(html.slice(html.indexOf("<html")))).toEqual([]);
    expect(/.{0,40}<(?![a-z/!]).{0,40}/.exec(html)).toBeNull();
    expect(html).not.toMatch(/NaN|Infinity|undefined|\[object|="-?\d*\.\d{3,}"/);
  });

  test("knows light and dark, and is below 2 MB", () => {
    expect(html).toContain("prefers-color-scheme: dark");
    expect(Buffer.byteLength(html)).toBeLessThan(2_000_000);
  });
});

test("names what failed first, opens it, and ends an incident with the command to run next", () => {
  expect(small).toContain("2 of 7 columns: origin_late_3h, late_p_late");
  const opened = [...small.matchAll(/<details class="column" open>.*?<span class="name">(\w+)/g)].map(
    ([, name]) => name,
  );
  expect(opened).toEqual(["origin_late_3h", "late_p_late"]);
  expect(small).toContain("<code>slipway predictions flight-delay --sql &quot;SELECT origin_late_3h");
  expect(small).toContain("94 % of the rows are above 1");
  for (const text of [
    "roc_auc",
    "predictions",
    "20,000 rows of the training sample",
    "thresholds from 89 days",
    "origin=ORD",
  ])
    expect(small).toContain(text);
});

test("every column is there, and names stay text", () => {
  expect([...big.matchAll(/<details class="column"/g)]).toHaveLength(200);
  expect(big.includes("&lt;category &amp; name that…")).toBe(true);
  expect(big.includes("<category")).toBe(false);
});

test("nothing was judged yet: that is said", () => {
  expect(empty).toContain("Nothing was judged yet");
  expect(empty).toContain("No window with predictions is over yet: the present one ends at");
});
