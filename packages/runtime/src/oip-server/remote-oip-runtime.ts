import { openRemoteReplica } from "../remote/open-remote-replica.ts";
import type { Connect } from "../remote/link.ts";
import type { RemoteOptions } from "../remote/remote-replica.ts";
import type { Runtime } from "../runtime.ts";
import { requireHttpUrl } from "./describe-oip.ts";
import { createHttpClient } from "./http-client.ts";
import { createOipLink } from "./oip-link.ts";
import { createOipSession, type OipTarget } from "./oip-session.ts";

export interface RemoteOipOptions extends RemoteOptions, OipTarget {
  /** `http://triton.internal:8000`; a path in it comes before /v2. */
  readonly url: string;
  /** Sent with each request: credentials. */
  readonly headers?: Readonly<Record<string, string>>;
}

const maxBackoffMs = 5000;

/**
 * Asks a server of the Open Inference Protocol that somebody else runs: Triton, MLServer, another Slipway. Each copy asks for one run at a
 * time. It is ready while the server says so.
 */
export function createRemoteOipRuntime({ url, headers, model, version, ...remote }: RemoteOipOptions): Runtime {
  const address = requireHttpUrl(url);
  const target: OipTarget = version === undefined ? { model } : { model, version };
  const start = () => Promise.resolve({ session: createOipSession(createHttpClient(url, headers), target) });
  const connect: Connect = (events) => createOipLink({ events, what: "server", address, start });
  return {
    open: (files, signature, options) =>
      openRemoteReplica({ maxBackoffMs, ...remote, connect }, { files, signature, options }),
  };
}
