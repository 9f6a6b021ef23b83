/** The module with the probe's `run`, to be loaded by a child process that may be lost. */
export const onnxProbeModule = new URL(`./probe${import.meta.url.endsWith(".ts") ? ".ts" : ".js"}`, import.meta.url);
