import { test } from "vitest";
import { follow } from "./follow.ts";
import { canRun } from "./shell.ts";

test.skipIf(!canRun)("five minutes by hand, as README.md has them", { timeout: 180_000 }, () => follow("README.md"));
