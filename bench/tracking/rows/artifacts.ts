import { createHash } from "node:crypto";
import type { Comparison } from "../../lib/table.ts";
import type { Bar } from "../../lib/bar.ts";
import { toBar, toRatios } from "../bars.ts";
import { createClient } from "../client.ts";
import { watchMemory } from "../memory.ts";
import { give } from "../orders.ts";
import type { TrackingServer } from "../servers.ts";
import { say, type Stage } from "../stage.ts";
import { takeTurns, type Row } from "./row.ts";

const MB = 1e6;
const smallBytes = 50 * MB;

/** Up and down and away again, each time with other bytes. */
async function carry(
  server: TrackingServer,
  file: { readonly run: string; readonly bytes: number; readonly seed: number },
): Promise<Readonly<Record<string, number>>> {
  const { run, bytes, seed } = file;
  const path = `/api/2.0/mlflow-artifacts/artifacts/0/${run}/artifacts/file-${bytes}-${seed}.bin`;
  const order = { url: server.url, pids: server.pids(), path, bytes, seed };
  const memory = watchMemory(server.pids());
  const up = await give({ kind: "upload", ...order });
  const afterUpload = memory.growthBytes();
  const down = await give({ kind: "download", ...order });
  const growth = memory.stop();
  const client = createClient(server.url);
  if (bytes <= smallBytes) requireSame(server.name, up.sha256, (await client.send("GET", path)).body);
  await client.ask("DELETE", path);
  client.close();
  return {
    "upload MB/s": bytes / MB / up.seconds,
    "download MB/s": bytes / MB / down.seconds,
    "upload CPU ms a MB": (up.cpuSeconds * 1_000) / (bytes / MB),
    "download CPU ms a MB": (down.cpuSeconds * 1_000) / (bytes / MB),
    "RSS growth of the upload, MB": afterUpload / MB,
    "RSS growth, MB": growth / MB,
  };
}

/** What came back is what was sent; a larger file is only counted, for a hash of it takes the load's time. */
function requireSame(name: string, sha256: string, body: Buffer): void {
  const came = createHash("sha256").update(body).digest("hex");
  if (came !== sha256) throw new Error(`${name} gave ${body.length} bytes with another digest than what was sent.`);
}

async function compareSize(stage: Stage, bytes: number): Promise<Comparison> {
  const runs = new Map<TrackingServer, string>();
  for (const peer of stage.peers) runs.set(peer, (await stage.createRuns(peer, 1))[0]!);
  return takeTurns(stage, stage.peers, (server, repeat) =>
    carry(server, { run: runs.get(server)!, bytes, seed: repeat + 1 }),
  );
}

export const artifacts: Row = {
  name: "artifacts",
  title: "one file up and down through the server, 1 client",
  async run(stage) {
    const { bytes } = stage.settings;
    const comparisons: Comparison[] = [];
    const bars: Bar[] = [];
    for (const size of new Set([Math.min(smallBytes, bytes), bytes])) {
      const title = `${Math.round(size / MB)} MB`;
      say(`${title}:`);
      const comparison = await compareSize(stage, size);
      comparisons.push(comparison);
      for (const way of ["upload", "download"] as const) {
        const all = toRatios(comparison, { figure: `${way} MB/s`, theirs: "MLflow", more: "better" });
        bars.push(toBar({ figure: `${title}, ${way}: MB/s over MLflow's`, atLeast: 1, unit: "x" }, all));
      }
      const growth = comparison.peers[stage.slipway.name]?.["RSS growth, MB"] ?? [];
      bars.push(toBar({ figure: `${title}, up and down: RSS grows by at most`, atMost: 64, unit: " MB" }, growth));
    }
    return { comparisons, bars };
  },
};
