/**
 * The child of the crash tests: `node append-forever.ts FOLDER process|disk`. Appends, and prints the id of a record once
 * `done(true)` came: what is printed must be found whatever happens to this process.
 */
import { randomUUIDv7 } from "node:crypto";
import { writeSync } from "node:fs";
import { setImmediate as nextTurn } from "node:timers/promises";
import { type Durability, createLogWriter } from "../writer.ts";
import { plainRecord } from "./records.ts";

const [folder, durability] = process.argv.slice(2) as [string, Durability];
const instance = randomUUIDv7();
const writer = createLogWriter({
  folder,
  instance,
  durability,
  segmentBytes: 64 * 1024,
  now: () => Date.now(),
  onError: (error) => console.error(error),
});

for (let turn = 0; ; turn++) {
  const answers: Promise<void>[] = [];
  for (let i = 0; i <= turn % 40; i++) answers.push(appendOne());
  await (durability === "disk" ? Promise.all(answers) : nextTurn());
}

function appendOne(): Promise<void> {
  const id = randomUUIDv7();
  return new Promise((resolve) => {
    writer.append(plainRecord({ instance, id, at: Date.now() }), {}, (logged) => {
      // In one call of the system, so that a kill leaves no half of a line.
      if (logged) writeSync(1, `${id}\n`);
      resolve();
    });
  });
}
