import { openTestCounters, plan } from "./open-counters.ts";

// Appends and counts until told a step, where it waits to be killed:
//   node count-and-stop.ts DATA STEP NTH
const [data = "", wanted = "", nth = "1"] = process.argv.slice(2);
let left = Number(nth);

const say = (line: string) => void process.stdout.write(`${line}\n`);

async function onStep(step: string): Promise<void> {
  if (step !== wanted || --left !== 0) return;
  say(`at ${step}`);
  await new Promise(() => setInterval(() => {}, 1000));
}

const { append, counters } = await openTestCounters({ data, onStep, segmentBytes: 4096 });
await append({ arm: "challenger" });
await counters.begin(() => Promise.resolve(plan), plan.rollout);
for (let round = 0; round < 4; round++) {
  for (let i = 0; i < 20; i++) {
    const arm = i % 4 === 0 ? "challenger" : "champion";
    await append({ arm, propensity: arm === "challenger" ? 0.25 : 0.75, rows: 2 });
    say(`answered ${arm}`);
  }
  await counters.refresh();
}
say("done");
process.exit();
