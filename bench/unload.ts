import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { cycleLoads, publishedEnvironment, type CycledMemory } from "../test/lib/load-cycles.ts";
import { createServer } from "../test/lib/running-server.ts";
import { toMarkdown } from "./lib/table.ts";
import { benchModels } from "./models/models.ts";

// Whether a server gives memory back: a model of 40 MB is loaded, asked and unloaded again and again by the published program.
// What counts is its resident memory after the first unload against that after the last; the bar is 10 % for 100 cycles.
// The thread is tried without a server, which does not let so large a model into its own.
//   npm run bench:unload -- [--cycles 100] [--placement thread|worker|process] [--from tarball|source] [--without-settings]
const { values: options } = parseArgs({
  options: {
    cycles: { type: "string", default: "100" },
    placement: { type: "string" },
    from: { type: "string", default: "tarball" },
    // What glibc does where the program is started without the settings of its first line.
    "without-settings": { type: "boolean", default: false },
  },
});

const placements = options.placement === undefined ? ["thread", "worker", "process"] : [options.placement];
const folder = mkdtempSync(join(tmpdir(), "slipway-bench-unload-"));
const model = join(folder, "large.onnx");
writeFileSync(model, benchModels.large());

function measureThread(): CycledMemory {
  const prefix = options["without-settings"] ? [] : publishedEnvironment();
  const script = join(import.meta.dirname, "lib/unload-in-thread.ts");
  const args = [...prefix.slice(1), process.execPath, script, model, options.cycles];
  return JSON.parse(execFileSync("env", args, { encoding: "utf8" })) as CycledMemory;
}

async function measure(placement: "worker" | "process"): Promise<CycledMemory> {
  const from = options.from === "source" || options["without-settings"] ? "source" : "tarball";
  const prefix = from === "source" && !options["without-settings"] ? publishedEnvironment() : [];
  const { server, end } = createServer({ from, prefix, args: ["--log-level", "error"] });
  try {
    await server.restart();
    let cycle = 0;
    const onCycle = (rss: number) => {
      if (++cycle % 10 === 0) process.stderr.write(`${placement}, ${cycle} cycles: ${MB(rss)} MB\n`);
    };
    const cycles = Number(options.cycles);
    return await cycleLoads({ url: server.url, pid: server.pid, model, placement, cycles, onCycle });
  } finally {
    await end(false);
  }
}

const MB = (bytes: number) => (bytes / 1e6).toFixed(0);
const rows = [["placement", "fresh MB", "after one MB", "loaded MB", `after ${options.cycles} more MB`, "growth"]];
try {
  for (const placement of placements) {
    const memory = placement === "thread" ? measureThread() : await measure(placement as "worker" | "process");
    const { fresh, start, loaded, end } = memory;
    rows.push([placement, MB(fresh), MB(start), MB(loaded), MB(end), `${(100 * (end / start - 1)).toFixed(1)} %`]);
  }
} finally {
  rmSync(folder, { recursive: true });
}
process.stdout.write(`${toMarkdown(rows)}\n`);
