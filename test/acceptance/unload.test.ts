import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { benchModels } from "../../bench/models/models.ts";
import { cycleLoads, publishedEnvironment } from "../lib/load-cycles.ts";
import { startServer } from "../lib/server.ts";

test("unloading a model returns its memory", { timeout: 240_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), "slipway-unload-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const model = join(folder, "large.onnx");
  writeFileSync(model, benchModels.large());
  const server = await startServer({ prefix: publishedEnvironment() });
  const { start, end } = await cycleLoads({ url: server.url, pid: server.pid, model, placement: "worker", cycles: 8 });
  // `npm run bench:unload` holds a hundred cycles to 10 %; what leaks shows in eight as far more than this.
  expect(end / start).toBeLessThan(1.25);
});
