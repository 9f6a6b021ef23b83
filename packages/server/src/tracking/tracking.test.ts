import { afterAll, beforeAll, describe } from "vitest";
import { openSqlite } from "../platform/sql/index.ts";
import { openPglite } from "../platform/sql/testing/pglite.ts";
import { openTracking, type Opened } from "./testing/open-tracking.ts";
import { testExperiments } from "./testing/experiments-suite.ts";
import { testLoggedModels } from "./testing/logged-models-suite.ts";
import { testLogging } from "./testing/logging-suite.ts";
import { testRuns } from "./testing/runs-suite.ts";

// All share one database of each kind, for starting one takes longer than most tests: where it matters, a test makes an
// experiment of its own.
describe.each([
  ["SQLite", () => openSqlite({ path: ":memory:" })],
  ["PGlite", openPglite],
] as const)("tracking on %s", (_kind, open) => {
  // Filled before the first test.
  const opened = {} as { -readonly [K in keyof Opened]: Opened[K] };
  beforeAll(async () => void Object.assign(opened, await openTracking(open)), 60_000);
  afterAll(() => opened.sql.close());
  describe("experiments", () => testExperiments(opened));
  describe("runs", () => testRuns(opened));
  describe("what is logged to a run", () => testLogging(opened));
  describe("logged models", () => testLoggedModels(opened));
});
