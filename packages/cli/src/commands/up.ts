import type { Run } from "../context.ts";
import { writeDone } from "../output.ts";
import { loadServer, toRunOptions } from "../server-door.ts";

export const up: Run = async (context, input) => {
  const { runServer } = await loadServer();
  const options = toRunOptions(context, input, "up");
  context.releaseSignals();
  return runServer(options);
};

export const configCheck: Run = async (context, input) => {
  const { loadConfig } = await loadServer();
  loadConfig(toRunOptions(context, input, "config check"));
  const file = String(input.options.config);
  writeDone(context, { config: file, valid: true }, `${file} is a valid configuration.`);
};
