import { runCli } from "../../test/lib/cli.ts";
import { createServer, type ServerOptions } from "../../test/lib/running-server.ts";
import { pinTo } from "./pin.ts";

export interface SlipwayPeer {
  readonly url: string;
  /** `HOST:PORT` */
  readonly grpc: string;
  readonly pid: number;
  readonly readyMs: number;
  /** Kills it and removes its data. */
  end(): Promise<void>;
}

/** A real `slipway up` on core 0, by default the published program, with a model deployed as `bench`. */
export async function startSlipway(
  model: string,
  args: readonly string[] = [],
  options: Pick<ServerOptions, "from" | "env" | "prefix"> = {},
): Promise<SlipwayPeer> {
  const up = ["--log-level", "error", ...args];
  const { server, end } = createServer({ from: "tarball", prefix: pinTo(0), ...options, args: up });
  await server.restart();
  const deploy = await runCli(["deploy", model, "--name", "bench"], { url: server.url, timeoutMs: 120_000 });
  if (deploy.code !== 0) {
    await end(false);
    throw new Error(`\`slipway deploy ${model}\` ended with ${deploy.code}: ${deploy.stderr}`);
  }
  return { url: server.url, grpc: server.grpc, pid: server.pid, readyMs: server.readyMs, end: () => end(false) };
}
