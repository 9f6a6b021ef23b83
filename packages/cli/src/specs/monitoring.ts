import { abCommand } from "./ab.ts";
import type { CommandGroup } from "./command-spec.ts";

const slice = ["--slice <name>", "a part of the traffic, such as origin=ORD (default: all of it)"] as const;

export const monitoringCommands: CommandGroup = {
  title: "Monitoring",
  commands: [
    {
      usage: "monitor show <address>",
      summary: "what was found in the last window: drift by feature, data quality, performance, incidents",
      about:
        "DRIFT is how unusual a feature is, as a score: 1 is a standard deviation of what windows of the reference are like; it fails beyond BOUND where EFFECT matters, too (of a number: standard deviations of the reference; of a category: the share of rows that lie elsewhere). P is the chance of it in a usual window, all features together. WINDOW has a mark for each of the last windows: · passed, ✗ failed, ◌ too few rows to say. NAME@V shows a version that does not serve.",
      options: [
        slice,
        ["--window <time>", "the window that holds this time: 2h (ago), or 2026-11-22T09:30:00Z (default: the last)"],
        ["--failed", "only features with a finding"],
        ["-w, --watch", "show it anew as windows end"],
        ["--check", "end with 1 where something failed, or an incident is open"],
      ],
      examples: [
        "slipway monitor show flight-delay",
        "slipway monitor show flight-delay@2 --slice origin=ORD",
        "slipway monitor show flight-delay --window 24h --json",
      ],
      load: async () => (await import("../commands/monitor.ts")).showMonitor,
    },
    {
      usage: "monitor test <address>",
      summary: "hold raw predictions against the rows of the reference, now",
      about:
        "Exact two-sample tests, computed when they are asked for and never kept: Kolmogorov and Smirnov's of numbers, the chi-square of homogeneity of categories, with P corrected for the number of features. They take rows as independent, which traffic seldom is: a small P alone is no alarm. EVIDENTLY is what Evidently 0.7.21 says of the same rows by its defaults.",
      options: [
        ["--column <names>", "only these, with commas between them"],
        ["--since <when>", "predictions from then on: 15m, 2h, 7d, 2026-11-22 (default: the last window)"],
        ["--until <when>", "only before then"],
      ],
      examples: [
        "slipway monitor test flight-delay --since 24h",
        "slipway monitor test flight-delay@2 --column origin_late_3h,hour --since 7d -o csv",
      ],
      load: async () => (await import("../commands/monitor-test.ts")).testMonitor,
    },
    {
      usage: "monitor reference <address>",
      summary: "what windows are held against: where it comes from, and the distributions in it",
      about:
        "A version gets its reference once, when it comes to its endpoint: from model.training.reference, else from the dataset of its MLflow run, else from its first predictions, until something better is there.",
      options: [["--make", "make it anew, and judge again what was judged"]],
      examples: ["slipway monitor reference flight-delay", "slipway monitor reference flight-delay@2 --make"],
      load: async () => (await import("../commands/monitor-reference.ts")).monitorReference,
    },
    {
      usage: "report <address>",
      summary: "write what was found into one HTML file that needs nothing else",
      options: [
        ["--out <file>!", "the file to write"],
        slice,
        ["--window <time>", "the window that is shown in full (default: the last)"],
        ["--since <when>", "windows from then on are in the pictures: 12h, 7d, 2026-11-22 (default: the last 168)"],
      ],
      examples: [
        "slipway report flight-delay --out report.html",
        "slipway report flight-delay@2 --since 7d --out week.html",
      ],
      load: async () => (await import("../commands/report.ts")).report,
    },
    abCommand,
  ],
};
