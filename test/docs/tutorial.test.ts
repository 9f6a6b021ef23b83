import { test } from "vitest";
import { follow } from "./follow.ts";
import { canRun } from "./shell.ts";

test.skipIf(!canRun)("the tutorial, from its first line to its last", { timeout: 180_000 }, () =>
  follow("docs/tutorial.md"),
);
