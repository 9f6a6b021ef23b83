import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import {
  createProcessRuntime,
  createThreadRuntime,
  createWorkerRuntime,
  onnxModelCommand,
  type Placement,
  type Replica,
  type Signature,
  type Tensor,
} from "@slipway/runtime";
import { describeSession } from "../packages/runtime/src/onnx/describe.ts";
import { loadOrt, sessionOptions } from "../packages/runtime/src/onnx/ort.ts";
import { modelFiles } from "../packages/runtime/src/onnx/testing/models.ts";
import { alternate, median, toFigure, toTable, type Comparison } from "./lib/table.ts";
import { benchModels } from "./models/models.ts";

// What the way to a model costs: ONNX Runtime's own loop against the same model behind a replica in each placement, without
// HTTP. "idle": one run at a time, each after the one before has been answered; "two": a second run is always on its way.
//   npm run bench:placement -- [--repeats 7] [--seconds 1] [--model iris|mlp|convolution]
// A third figure is the time that the process has on its cores, all its threads, for a run; children count in "process".
const { values: options } = parseArgs({
  options: {
    repeats: { type: "string", default: "7" },
    seconds: { type: "string", default: "1" },
    model: { type: "string" },
  },
});

interface Subject {
  readonly folder: string;
  readonly path: string;
  readonly input: string;
  readonly shape: readonly number[];
}

const folder = mkdtempSync(join(tmpdir(), "slipway-bench-placement-"));
const forMs = Number(options.seconds) * 1000;

function toSubjects(): Record<string, Subject> {
  for (const name of ["mlp", "convolution"] as const) writeFileSync(join(folder, `${name}.onnx`), benchModels[name]());
  return {
    iris: { ...modelFiles("iris-int"), input: "X", shape: [1, 4] },
    mlp: { folder, path: "mlp.onnx", input: "x", shape: [64, 128] },
    convolution: { folder, path: "convolution.onnx", input: "image", shape: [1, 3, 64, 64] },
  };
}

function makeInput({ input, shape }: Subject): Tensor {
  const count = shape.reduce((product, size) => product * size, 1);
  const data = Float32Array.from({ length: count }, (_, i) => Math.sin(i));
  return { name: input, datatype: "FP32", shape, data };
}

type Run = () => Promise<unknown>;

/** ONNX Runtime as its own documentation has it used. */
async function openRaw({ folder: room, path }: Subject, input: Tensor): Promise<{ run: Run; signature: Signature }> {
  const ort = await loadOrt();
  const session = await ort.InferenceSession.create(join(room, path), sessionOptions({ threads: 1 }));
  const run = () => session.run({ [input.name]: new ort.Tensor("float32", input.data as Float32Array, input.shape) });
  return { run, signature: describeSession(session.inputMetadata, session.outputMetadata, path) };
}

/** Microseconds of single runs, and of a run where two are under way. */
async function measure(run: Run): Promise<Record<string, number>> {
  for (let i = 0; i < 20; i++) await run();
  const times: number[] = [];
  const cpu = process.cpuUsage();
  for (const until = performance.now() + forMs; performance.now() < until;) {
    const from = performance.now();
    await run();
    times.push(performance.now() - from);
  }
  const spent = process.cpuUsage(cpu);
  let runs = 0;
  const from = performance.now();
  const lane = async () => {
    for (const until = from + forMs; performance.now() < until; runs++) await run();
  };
  await Promise.all([lane(), lane()]);
  const two = (performance.now() - from) / runs;
  return {
    "idle p50 µs": median(times) * 1000,
    "two µs a run": two * 1000,
    "own CPU µs a run": (spent.user + spent.system) / times.length,
  };
}

async function compare(name: string, subject: Subject): Promise<void> {
  const input = makeInput(subject);
  const { run: raw, signature } = await openRaw(subject, input);
  const runtimes = {
    thread: createThreadRuntime(),
    worker: createWorkerRuntime(),
    process: createProcessRuntime({ command: onnxModelCommand(), environment: {} }),
  };
  const replicas = new Map<Placement, Replica>();
  for (const [placement, runtime] of Object.entries(runtimes))
    replicas.set(placement as Placement, await runtime.open(subject, signature, { threads: 1 }));
  const peers: Record<string, () => Promise<Record<string, number>>> = { raw: () => measure(raw) };
  for (const [placement, replica] of replicas) peers[placement] = () => measure(() => replica.run([input]));
  const found = await alternate(Number(options.repeats), peers);
  await Promise.all([...replicas.values()].map((replica) => replica.close()));
  // So small a model runs in the event loop's thread, where no way is long.
  const bar = name === "iris" ? "" : " (bar 85)";
  process.stdout.write(`\n## ${name}, ${subject.shape[0]} row(s)\n${toTable(found)}\n${toVerdict(found, bar)}\n`);
}

/** Pairs of one repeat are compared, since the machine may be slower in the next. */
function toVerdict({ peers }: Comparison, bar: string): string {
  const of = (peer: string, figure: string) => peers[peer]?.[figure] ?? [];
  const pairs = (peer: string, figure: string, relate: (mine: number, raw: number) => number) =>
    median(of(peer, figure).map((mine, i) => relate(mine, of("raw", figure)[i]!)));
  const lines = ["thread", "worker", "process"].map((peer) => {
    const added = pairs(peer, "idle p50 µs", (mine, raw) => mine - raw);
    const share = pairs(peer, "two µs a run", (mine, raw) => (100 * raw) / mine);
    return `${peer}: ${toFigure(added)} µs added to an idle run (bar 300), ${toFigure(share)} % of the raw loop with two${bar}`;
  });
  return lines.join("\n");
}

try {
  for (const [name, subject] of Object.entries(toSubjects()))
    if (options.model === undefined || options.model === name) await compare(name, subject);
} finally {
  rmSync(folder, { recursive: true });
}
