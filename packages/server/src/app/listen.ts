import { createServer } from "node:net";
import { SlipwayError } from "@slipway/contract";
import type { Config } from "../config/index.ts";
import type { Http } from "../platform/http/index.ts";
import type { ServedHere } from "./http-workers/crew.ts";
import type { HttpWorkers } from "./http-workers/http-workers.ts";

type Wanted = Pick<Config, "host" | "port" | "tlsCert">;

/** Takes requests from now on; the address in its URL form. @throws SlipwayError `invalid_config` */
export function listen(http: Http, config: Wanted): Promise<string> {
  return listenOn(http, config, false);
}

/** The same in a process that is not alone on its port: the system spreads the connections. */
export function listenShared(http: Http, config: Wanted): Promise<string> {
  return listenOn(http, config, true);
}

export interface Together {
  readonly config: Config;
  readonly workers: HttpWorkers;
  readonly endpoints: ServedHere;
}

/** In all processes of this server, once each of them has its routes. @throws SlipwayError `invalid_config` */
export async function listenTogether(http: Http, { config, workers, endpoints }: Together): Promise<string> {
  await requireFree(config);
  await workers.start({ http, endpoints });
  const url = await listenShared(http, config);
  await workers.listen(Number(new URL(url).port) || (config.tlsCert === null ? 80 : 443));
  return url;
}

/** Others may share a port that is shared: whether somebody else has it shows where this asks for it alone. */
async function requireFree({ host, port }: Wanted): Promise<void> {
  if (port === 0) return;
  const alone = createServer();
  await new Promise<void>((resolve, reject) => {
    alone.once("error", reject).listen({ host, port }, resolve);
  }).catch((error: NodeJS.ErrnoException) => {
    throw toConfigError(error, { host, port });
  });
  await new Promise((resolve) => alone.close(resolve));
}

async function listenOn(http: Http, { host, port, tlsCert }: Wanted, shared: boolean): Promise<string> {
  try {
    await http.listen({ host, port, ...(shared && { reusePort: true }) });
  } catch (error) {
    throw toConfigError(error as NodeJS.ErrnoException, { host, port });
  }
  const address = http.server.address();
  const chosen = typeof address === "object" && address !== null ? address.port : port;
  const name = host.includes(":") ? `[${host.replace(/^\[|\]$/g, "")}]` : host;
  return `${tlsCert === null ? "http" : "https"}://${name}:${chosen}`;
}

const notShared = new Set(["ENOTSUP", "EOPNOTSUPP", "EINVAL", "ENOPROTOOPT"]);

function toConfigError(error: NodeJS.ErrnoException, { host, port }: Pick<Config, "host" | "port">): Error {
  const { code = "" } = error;
  if (code === "EADDRINUSE")
    return new SlipwayError(
      "invalid_config",
      `Port ${port} on ${host} is taken; choose another with --port, or --port 0 for a free one.`,
    );
  if (notShared.has(code))
    return new SlipwayError(
      "invalid_config",
      `This system does not let several processes listen on one port (${code}); start with --http-workers 1.`,
    );
  if (code === "EADDRNOTAVAIL" || code === "ENOTFOUND" || code === "EACCES")
    return new SlipwayError("invalid_config", `Cannot listen on ${host}:${port}: ${error.message}.`);
  return error;
}
