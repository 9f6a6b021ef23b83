import { fileURLToPath } from "node:url";

const script = new URL(`./replica-process${import.meta.url.endsWith(".ts") ? ".ts" : ".js"}`, import.meta.url);

/** The process of an ONNX model: this Node, with little room for objects of JavaScript, of which it has few. */
export function onnxModelCommand(): readonly [string, ...string[]] {
  return [process.execPath, "--max-semi-space-size=4", fileURLToPath(script)];
}
