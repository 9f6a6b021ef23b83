import { defineConfig } from "vitest/config";
import { ClosingLine } from "./tools/closing-line.ts";
import { LongestFirst } from "./tools/longest-first.ts";

export default defineConfig(({ mode }) => ({
  test: {
    include: ["packages/*/src/**/*.test.ts", "test/**/*.test.ts", "bench/**/*.test.ts", "examples/**/*.test.ts"],
    // Their environments take gigabytes: `npm run test:all`.
    exclude: ["**/node_modules/**", "**/dist/**", ...(mode === "all" ? [] : ["test/heavy/**"])],
    globalSetup: ["test/lib/pack-once.ts"],
    pool: "forks",
    maxWorkers: 2,
    sequence: { sequencer: LongestFirst },
    testTimeout: mode === "chaos" ? 30 * 60_000 : 30_000,
    hookTimeout: 60_000,
    reporters: ["default", new ClosingLine()],
  },
}));
