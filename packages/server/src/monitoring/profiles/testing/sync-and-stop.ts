import { flightInputs } from "../../../predictions/testing/log.ts";
import { openTestProfiler } from "./open-profiler.ts";

// Appends and makes profiles until told a step, where it waits to be killed:
//   node sync-and-stop.ts DATA STEP NTH
const [data = "", wanted = "", nth = "1"] = process.argv.slice(2);
let left = Number(nth);

const say = (line: string) => void process.stdout.write(`${line}\n`);

async function onStep(step: string): Promise<void> {
  if (step !== wanted || --left !== 0) return;
  say(`at ${step}`);
  await new Promise(() => setInterval(() => {}, 1000));
}

const { append, profiler } = await openTestProfiler({ data, onStep, segmentBytes: 4096 });
const late = { name: "late", datatype: "FP32", shape: [2, 2], data: Float32Array.of(0.2, 0.8, 0.7, 0.3) } as const;
for (let round = 0; round < 4; round++) {
  for (let i = 0; i < 20; i++) {
    const fields = { rows: 2, inputs: flightInputs(["ATL", "ORD"], [i, i]), outputs: [late] };
    say(`answered ${await append("flights", fields)}`);
  }
  await profiler.sync();
}
say("done");
process.exit();
