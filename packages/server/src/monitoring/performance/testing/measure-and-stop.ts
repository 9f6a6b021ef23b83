import { hour, makeHour, openTestPerformance, start } from "./open-performance.ts";

// Predicts two hours, labels them, measures and judges; waits to be killed before or behind the save:
//   node measure-and-stop.ts DATA before|behind
const [data = "", wanted = ""] = process.argv.slice(2);

const { at, watch, endpoint } = await openTestPerformance({
  data,
  async onSave(step) {
    if (step !== wanted) return;
    process.stdout.write(`at ${step}\n`);
    await new Promise(() => setInterval(() => {}, 1000));
  },
});
const { predict, label } = endpoint("flights");
for (const i of [0, 1]) {
  const { flights, labelled } = makeHour(i);
  await predict(start + i * hour, flights);
  await label(labelled);
}
at(start + 3 * hour);
await watch.pass();
