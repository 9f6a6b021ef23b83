import { SlipwayError } from "@slipway/contract";
import type { Config } from "../config/index.ts";
import type { Http } from "../platform/http/index.ts";

/** Takes requests from now on; the address in its URL form. @throws SlipwayError `invalid_config` */
export async function listen(http: Http, config: Config): Promise<string> {
  try {
    await http.listen({ host: config.host, port: config.port });
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === "EADDRINUSE")
      throw new SlipwayError(
        "invalid_config",
        `Port ${config.port} on ${config.host} is taken; choose another with --port, or --port 0 for a free one.`,
      );
    if (code === "EADDRNOTAVAIL" || code === "ENOTFOUND" || code === "EACCES")
      throw new SlipwayError(
        "invalid_config",
        `Cannot listen on ${config.host}:${config.port}: ${(error as Error).message}.`,
      );
    throw error;
  }
  const address = http.server.address();
  const port = typeof address === "object" && address !== null ? address.port : config.port;
  const host = config.host.includes(":") ? `[${config.host.replace(/^\[|\]$/g, "")}]` : config.host;
  return `${config.tlsCert === null ? "http" : "https"}://${host}:${port}`;
}
