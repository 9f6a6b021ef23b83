import { closedLoop, openLoop } from "../../packages/cli/src/loadtest/open-loop.ts";
import { createGrpcConnect } from "./grpc-connection.ts";
import { readCpuUs } from "./process-usage.ts";
import { parseOrder, type MeasuredLoad } from "./run-load.ts";

// A process of its own: `node load-main.ts` reads an order on its standard input, does that one load and prints its report as JSON.
let text = "";
for await (const part of process.stdin.setEncoding("utf8")) text += String(part);
const { load: asked, pid, grpc } = parseOrder(text);
const messages = asked.requests.map(({ body }) =>
  typeof body === "string" ? Buffer.from(body) : (body ?? Buffer.alloc(0)),
);
const load = grpc === undefined ? asked : { ...asked, prepared: messages, connect: createGrpcConnect(grpc) };
const { durationMs, warmUpMs = 1_000 } = load;

const marks: number[] = [];
if (pid !== undefined)
  for (const at of [warmUpMs, warmUpMs + durationMs]) setTimeout(() => marks.push(readCpuUs(pid)), at);

const report = "perSecond" in load ? await openLoop(load) : await closedLoop(load);
const [before, after] = marks;
const cpuUs = before === undefined || after === undefined ? null : (after - before) / Math.max(1, report.answers);
const measured: MeasuredLoad = { ...report, cpuUs };
process.stdout.write(JSON.stringify(measured));
