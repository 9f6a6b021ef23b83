import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { root } from "../tools/layer-list.ts";
import { activityNames, isActivity, uploadZeros, type Activity, type ActivityOrder } from "./lib/activities.ts";
import { canPin, pinTo } from "./lib/pin.ts";
import { runLoad } from "./lib/run-load.ts";
import { startSlipway, type SlipwayPeer } from "./lib/slipway-peer.ts";
import { median, toCell, toFigure, toMarkdown } from "./lib/table.ts";

// How much slower predictions get while the server does something else: p99 at half load, in quiet phases and in the busy
// ones between them. A busy phase repeats its activity from before the first measured request until after the last.
//   npm run bench:interference -- [--repeats 5] [--seconds 10] [--connections 64] [--only backup,deploy]
//                                 [--backup-mb 512] [--upload-mb 1024] [--model PATH --body JSON]
const { values: options } = parseArgs({
  options: {
    repeats: { type: "string", default: "5" },
    seconds: { type: "string", default: "10" },
    connections: { type: "string", default: "64" },
    only: { type: "string", default: activityNames.join(",") },
    "backup-mb": { type: "string", default: "512" },
    "upload-mb": { type: "string", default: "1024" },
    model: { type: "string", default: join(root, "packages/runtime/src/onnx/testing/models/iris-int.onnx") },
    body: { type: "string", default: '{"X":[5.1,3.5,1.4,0.2]}' },
  },
});
const MiB = 1024 * 1024;
const durationMs = Number(options.seconds) * 1_000;
const connections = Number(options.connections);
const request = { method: "POST", path: "/api/v1/endpoints/bench/predict", body: options.body };

interface Phase {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
  readonly failed: number;
  /** Of the activity, begun or ended in the phase; 0 in a quiet one. */
  readonly rounds: number;
}

async function capacity({ url, pid }: SlipwayPeer): Promise<number> {
  const load = { url, requests: [request], connections: connections / 2, durationMs };
  const { perSecond, failed, outcomes } = await runLoad({ load, pid });
  if (failed > 0) throw new Error(`The server failed ${JSON.stringify(outcomes)}.`);
  return perSecond;
}

async function measure({ url, pid }: SlipwayPeer, perSecond: number): Promise<Omit<Phase, "rounds">> {
  const load = { url, requests: [request], connections, durationMs, perSecond, arrivals: "poisson" as const };
  const { latencyUs, failed } = await runLoad({ load, pid });
  return { p50: latencyUs.p50, p99: latencyUs.p99, max: latencyUs.max, failed };
}

/** Who disturbs yields to the load on the core that the two share: what it costs the server is measured, not the client. */
function startActivity(name: Activity, order: ActivityOrder) {
  const main = fileURLToPath(new URL("./lib/activity-main.ts", import.meta.url));
  const line = [...pinTo(1), "nice", "-n", "19", process.execPath, main, name, JSON.stringify(order)];
  const [command = "", ...words] = line;
  const child = spawn(command, words, { stdio: ["ignore", "pipe", "inherit"] });
  const kill = () => child.kill("SIGKILL");
  process.once("exit", kill);
  let out = "";
  const begun = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<number>();
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    out += text;
    begun.resolve();
  });
  child.once("close", (code) => {
    process.off("exit", kill);
    const error = new Error(`The activity ${name} ended with ${code}.`);
    begun.reject(error);
    if (code === 0) ended.resolve(Number(out.trim().split("\n").at(-1)));
    else ended.reject(error);
  });
  ended.promise.catch(() => {});
  return {
    begun: begun.promise,
    stop: () => {
      child.kill("SIGUSR2");
      return ended.promise;
    },
  };
}

async function busy(
  server: SlipwayPeer,
  perSecond: number,
  { name, order }: { readonly name: Activity; readonly order: ActivityOrder },
): Promise<Phase> {
  const activity = startActivity(name, order);
  await activity.begun;
  const measured = await measure(server, perSecond);
  return { ...measured, rounds: await activity.stop() };
}

function toRow(name: string, quiet: readonly Phase[], phases: readonly Phase[]): string[] {
  const of = (all: readonly Phase[], figure: keyof Phase) => all.map((phase) => phase[figure]);
  const ratios = phases.map((phase, at) => phase.p99 / quiet[at]!.p99);
  return [
    name,
    toCell(of(quiet, "p99")),
    toCell(of(phases, "p99")),
    toCell(ratios),
    toCell(of(phases, "p50")),
    toCell(of(phases, "max")),
    toCell(of(phases, "rounds")),
    toFigure([...quiet, ...phases].reduce((sum, { failed }) => sum + failed, 0)),
  ];
}

async function compare(server: SlipwayPeer, names: readonly Activity[], order: ActivityOrder): Promise<void> {
  const most = await capacity(server);
  const half = Math.round(most / 2);
  console.log(
    `Maximum ${toFigure(most)} requests a second; half of it is offered, Poisson, in phases of ${options.seconds} s.`,
  );
  const quiet: Record<string, Phase[]> = {};
  const phases: Record<string, Phase[]> = {};
  for (let repeat = 0; repeat < Number(options.repeats); repeat++)
    for (const name of names) {
      (quiet[name] ??= []).push({ ...(await measure(server, half)), rounds: 0 });
      (phases[name] ??= []).push(await busy(server, half, { name, order }));
      const [before, during] = [quiet[name].at(-1)!, phases[name].at(-1)!];
      console.log(
        `${name}: p99 ${toFigure(before.p99)} µs quiet, ${toFigure(during.p99)} µs busy, ${during.rounds} rounds`,
      );
    }
  const rows = names.map((name) => toRow(name, quiet[name] ?? [], phases[name] ?? []));
  const head = ["during", "quiet p99 µs", "p99 µs", "ratio", "p50 µs", "max µs", "rounds a phase", "failed"];
  console.log(`\n${toMarkdown([head, ...rows])}\n`);
  for (const name of names) {
    const ratio = median((phases[name] ?? []).map((phase, at) => phase.p99 / quiet[name]![at]!.p99));
    console.log(`${name}: ${toFigure(ratio)} times the quiet p99 (bar: at most 2)`);
  }
}

async function main(): Promise<void> {
  const names = options.only.split(",").map((name) => {
    if (!isActivity(name)) throw new Error(`--only is a list of ${activityNames.join(", ")}.`);
    return name;
  });
  const room = mkdtempSync(join(tmpdir(), "slipway-bench-"));
  console.log(canPin() ? "Server on core 0, load and clients on core 1." : "Not pinned: all share the cores.");
  // New predictions go to Parquet only where the phase asks for it.
  const server = await startSlipway(options.model, ["--lake-interval", "0"]);
  try {
    const { data } = (await (await fetch(`${server.url}/api/v1/server`)).json()) as { data: string };
    // So that a backup has something to carry.
    await uploadZeros(server.url, Number(options["backup-mb"]) * MiB);
    const uploadBytes = Number(options["upload-mb"]) * MiB;
    await compare(server, names, { url: server.url, data, model: options.model, room, uploadBytes });
  } finally {
    await server.end();
    rmSync(room, { recursive: true, force: true });
  }
}

await main();
process.exit();
