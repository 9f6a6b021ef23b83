import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { renderReference } from "../packages/cli/src/reference.ts";
import { root } from "./layer-list.ts";

/** Writes the reference of the command line from its specs; a test says when it is stale. */
const file = "docs/reference/cli.md";
mkdirSync(dirname(join(root, file)), { recursive: true });
writeFileSync(join(root, file), renderReference());
console.log(`Wrote ${file}.`);
