import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { needs } from "./needs.ts";

const beside = fileURLToPath(new URL("../../../shared/data/", import.meta.url));

/** A file of the data for tests (SLIPWAY_TEST_DATA names their folder), or null, said aloud, where it is not here. */
export function testData(path: string): string | null {
  const file = join(resolve(process.env["SLIPWAY_TEST_DATA"] ?? beside), path);
  return needs(`the test data ${path} (SLIPWAY_TEST_DATA)`, existsSync(file), { inCi: "optional" }) ? file : null;
}
