import { execFileSync } from "node:child_process";
import { makeUpInputs } from "../../onnx/warm-up.ts";
import { onnxModelCommand } from "../../onnx/model-command.ts";
import { modelFiles, signatureOf } from "../../onnx/testing/models.ts";
import { createProcessRuntime } from "../process-runtime.ts";

// Opens a model in a process, begins a run, says the process's id and stays.
const name = process.argv[2]!;
const signature = await signatureOf(name);
const runtime = createProcessRuntime({ command: onnxModelCommand(), environment: {} });
const replica = await runtime.open(modelFiles(name), signature, { threads: 1 });
const run = replica.run(makeUpInputs(signature, 1)).catch(() => {});
if (name !== "endless") await run;
const found = execFileSync("ps", ["-o", "pid=,args=", "--ppid", String(process.pid)], { encoding: "utf8" });
const line = found.split("\n").find((each) => each.includes("replica-process"))!;
process.stdout.write(`${line.trim().split(" ")[0]}\n`);
setInterval(() => {}, 1000);
