import { readFileSync } from "node:fs";
import { openTestLake } from "./open-lake.ts";

// Appends, flushes and merges until told steps, where it waits to be killed or has its child killed:
//   node flush-and-stop.ts DATA STEP NTH server|child
const [data = "", wanted = "", nth = "1", whom = "server"] = process.argv.slice(2);
let left = Number(nth);

const say = (line: string) => void process.stdout.write(`${line}\n`);

function killChildren(): void {
  for (const pid of readFileSync(`/proc/self/task/${process.pid}/children`, "utf8").split(" ").filter(Boolean))
    process.kill(Number(pid), "SIGKILL");
}

async function onStep(step: string): Promise<void> {
  if (step !== wanted || --left !== 0) return;
  say(`at ${step}`);
  if (whom === "server") await new Promise(() => setInterval(() => {}, 1000));
  killChildren();
}

const { append, lake } = await openTestLake({ data, onStep });
for (let file = 0; file < 8; file++) {
  for (let i = 0; i < 5; i++) say(`answered ${await append(i === 0 ? "others" : "flights")}`);
  await lake.flush().catch((error: Error) => say(`failed ${error.message}`));
}
await lake.merge().catch((error: Error) => say(`failed ${error.message}`));
await lake.flush();
await lake.merge();
say("done");
process.exit();
