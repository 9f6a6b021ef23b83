import { readFileSync } from "node:fs";
import { systemClock } from "../../kernel/clock.ts";
import { silentLogger } from "../../kernel/logger.ts";
import { createEnvironments, parseLock, publicIndex } from "../index.ts";

// Makes the environment of a lock in a folder, says each step and where it is, and stays.
const [folder = "", indexUrl = "", file = ""] = process.argv.slice(2);
const environments = createEnvironments({
  folder,
  index: { ...publicIndex, indexUrl },
  clock: systemClock,
  logger: silentLogger,
});
const onProgress = (message: string) => process.stdout.write(`${message}\n`);
const { python } = await environments.ensure(parseLock(readFileSync(file, "utf8")), { onProgress });
process.stdout.write(`made ${python}\n`);
setInterval(() => {}, 1000);
