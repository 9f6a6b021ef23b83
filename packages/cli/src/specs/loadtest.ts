import type { CommandSpec } from "./command-spec.ts";

export const loadtestCommand: CommandSpec = {
  usage: "loadtest <address>",
  summary: "put load on an endpoint: latencies, goodput within an SLO, the knee, and what to change",
  about:
    'Requests leave at their times whatever the server does (an open loop), and latency counts from then. Without --rate, --concurrency or --trace it looks for the knee: the highest rate of which 99 % are answered within --slo. Its predictions are ordinary ones and stand on record, all with one trace id that begins with 6c6f616474657374 ("loadtest"), by which SQL leaves them out and `predictions erase` takes them out. A server on another machine needs --yes. Ends with 1 where an --slo that was given was not held.',
  options: [
    ["--rate <number>", "requests a second"],
    ["--concurrency <count>", "instead: so many at a time, each next one when its answer is there (a closed loop)"],
    ["--trace <file>", "instead: at recorded times; CSV or JSON of timestamps, or of milliseconds from the beginning"],
    ["--speed <factor>", "plays a trace so much faster (default: 1)"],
    ["--duration <duration>", "of the measured time, or of the whole search (default: 30s; all of a trace)"],
    ["--warmup <duration>", "before it, counted for nothing (default: 1s)"],
    ["--slo <duration>", "what an answer may take to be good (default: 50ms)"],
    ["--arrivals <poisson|uniform>", "times between requests (default: poisson)"],
    ["--seed <number>", "of the Poisson times: the same ones again (default: 1)"],
    [
      "--inputs <source>",
      "log (predictions on record), examples (of the version) or a file of records (default: the first that there is)",
    ],
    ["--batch <rows>", "records a request (default: as they are on record, else 1)"],
    ["--face <predict|oip|oip-binary>", "records, tensors in JSON, or tensors in binary (default: predict)"],
    ["--connections <count>", "most connections of an open loop (default: 512)"],
    ["--svg <file>", "writes a picture there"],
  ],
  examples: [
    "slipway loadtest flight-delay",
    "slipway loadtest flight-delay --rate 200 --duration 30s --slo 20ms --svg latency.svg",
    "slipway loadtest flight-delay@2 --concurrency 16 --batch 64 --face oip-binary --json",
    "slipway loadtest flight-delay --trace yesterday.csv --speed 2",
  ],
  load: async () => (await import("../commands/loadtest.ts")).loadtest,
};
