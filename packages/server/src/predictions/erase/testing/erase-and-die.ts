import { openErasures } from "./open-erasures.ts";

/** Erases in a data folder, or goes on with what was begun, and kills this process before its n-th step, or the first of a name. Prints all steps where it does not die. */
const [folder = "", dieAt = "", where = ""] = process.argv.slice(2);
const steps: string[] = [];

const { erasures, operations, ended, close } = await openErasures(folder, async (step) => {
  steps.push(step);
  if (step === dieAt || steps.length === Number(dieAt)) process.kill(process.pid, "SIGKILL");
});
await erasures.resume();
const { items } = await operations.list({ limit: 100, cursor: null });
const resumed = items.find(({ finishedAt }) => finishedAt === null);
const { id } = resumed ?? (await erasures.erase("flights", { where, dryRun: false, author: null }));
const { state } = await ended(id);
await close();
process.stdout.write(JSON.stringify({ state, steps }));
process.exit(0);
