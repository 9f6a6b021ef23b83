import { isActivity, runRound } from "./activities.ts";

// A process of its own: `node activity-main.ts NAME ORDER` does one thing to a server again and again until SIGUSR2, the
// round under way included, and prints how many rounds were done. ORDER is JSON, see `ActivityOrder`.
const [name = "", order = "{}"] = process.argv.slice(2);
if (!isActivity(name)) throw new Error(`There is no activity ${name}.`);

const over = new AbortController();
// Not SIGTERM, which ends the children of the command line with this process.
process.on("SIGUSR2", () => over.abort());
let rounds = 0;
process.stdout.write("begun\n");
while (!over.signal.aborted) {
  await runRound(name, JSON.parse(order), rounds);
  rounds++;
}
process.stdout.write(`${rounds}\n`);
