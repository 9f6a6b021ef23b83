import { readFileSync } from "node:fs";
import { createEnvironments, publicIndex } from "../../packages/server/src/environments/index.ts";
import { systemClock } from "../../packages/server/src/kernel/clock.ts";
import { silentLogger } from "../../packages/server/src/kernel/logger.ts";
import { sharedEnvironments } from "../../test/lib/python-environment.ts";

/** The interpreter of an environment with what peers/evidently/requirements.in names; null, said aloud, where it cannot be built. */
export async function findEvidently(): Promise<string | null> {
  const folder = sharedEnvironments();
  const environments = createEnvironments({ folder, index: publicIndex, clock: systemClock, logger: silentLogger });
  const text = readFileSync(new URL("../peers/evidently/requirements.in", import.meta.url), "utf8");
  const requirements = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  try {
    const { python } = await environments.ensure(await environments.resolve({ requirements, python: "3.11" }));
    return python;
  } catch (error) {
    console.error(`Evidently is left out: ${(error as Error).message}`);
    return null;
  }
}
