/**
 * The child of the full-disk tests: `node fill-up.ts FOLDER`. Appends until a record is refused, prints `refused`, then
 * keeps trying until one is taken again, and prints `taken`; the last line is what it believes, as JSON.
 */
import { randomUUIDv7 } from "node:crypto";
import { createLogWriter } from "../writer.ts";
import { plainRecord } from "./records.ts";

const folder = process.argv[2] as string;
const instance = randomUUIDv7();
const logged: string[] = [];
const errors = new Set<string>();
// A write over the limit of a file's size sends this signal before it fails with EFBIG.
process.on("SIGXFSZ", () => {});
const writer = createLogWriter({
  folder,
  instance,
  now: () => Date.now(),
  onError: (error) => errors.add((error as NodeJS.ErrnoException).code ?? String(error)),
});

function appendOne(): Promise<boolean> {
  const id = randomUUIDv7();
  return new Promise((resolve) => {
    writer.append(plainRecord({ instance, id }), {}, (ok) => {
      if (ok) logged.push(id);
      resolve(ok);
    });
  });
}

async function turnsUntil(wanted: boolean): Promise<void> {
  for (;;) {
    const results = await Promise.all(Array.from({ length: 100 }, appendOne));
    if (results.includes(wanted)) return;
  }
}

await turnsUntil(false);
console.log("refused");
await turnsUntil(true);
console.log("taken");
await writer.close();
console.log(JSON.stringify({ instance, logged, errors: [...errors], failed: writer.counters().failed }));
