import { dirname, basename } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { createThreadRuntime } from "@slipway/runtime";
import type { CycledMemory } from "../../test/lib/load-cycles.ts";
import { readRssBytes } from "./process-usage.ts";

// Opens, runs and closes a model of an input `x` [N, 1024] in the thread of this process, over and over, and prints what memory
// became of it as JSON: a server does not let so large a model into its own thread.
const [model = "", cycles = "1"] = process.argv.slice(2);
const files = { folder: dirname(model), path: basename(model) };
const signature = {
  inputs: [{ name: "x", datatype: "FP32" as const, shape: [-1, 1024], nullable: false }],
  outputs: [{ name: "probabilities", datatype: "FP32" as const, shape: [-1, 10] }],
  packed: null,
  batched: true,
};
const runtime = createThreadRuntime();
const rss = () => readRssBytes(process.pid);
const fresh = rss();
let loaded = 0;

async function cycle(): Promise<void> {
  const replica = await runtime.open(files, signature, { threads: 1 });
  await replica.run([{ name: "x", datatype: "FP32", shape: [8, 1024], data: new Float32Array(8 * 1024) }]);
  loaded = Math.max(loaded, rss());
  await replica.close();
}

await cycle();
await sleep(500);
const start = rss();
for (let i = 0; i < Number(cycles); i++) await cycle();
await sleep(500);
process.stdout.write(JSON.stringify({ fresh, start, loaded, end: rss() } satisfies CycledMemory));
