import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { readLayers, root } from "./layer-list.ts";
import { toOxlintConfig } from "./oxlint-config.ts";

/** Writes `.oxlintrc.json` from `layers.json`; with `--check` it only says whether the file is up to date. */
const path = join(root, ".oxlintrc.json");
const wanted = `${JSON.stringify(toOxlintConfig(readLayers()), null, 1)}\n`;

if (!process.argv.includes("--check")) {
  writeFileSync(path, wanted);
  console.log("Wrote .oxlintrc.json from layers.json.");
} else if (readFileSync(path, "utf8") !== wanted) {
  console.error(
    ".oxlintrc.json is not what layers.json and tools/oxlint-config.ts say. Run `npm run layers` and commit it.",
  );
  process.exitCode = 1;
}
