import { SlipwayError } from "@slipway/contract/errors";
import type { ModelReport } from "../program.ts";
import { createHttpClient, NoAnswer } from "./http-client.ts";
import { createOipSession, type OipTarget } from "./oip-session.ts";

export interface DescribeOipOptions extends OipTarget {
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Aborted: nobody waits for it. */
  readonly signal: AbortSignal;
}

/** What a server of the Open Inference Protocol says of one of its models. @throws SlipwayError `invalid_model`, `not_ready` */
export async function describeOip(options: DescribeOipOptions): Promise<ModelReport> {
  const { url, headers, signal } = options;
  const address = requireHttpUrl(url);
  const session = createOipSession(createHttpClient(url, headers), options);
  try {
    return await session.describe(signal);
  } catch (error) {
    if (!(error instanceof NoAnswer)) throw error;
    throw new SlipwayError(
      "not_ready",
      `The server ${address} cannot be asked: ${error.message}. Start it, or correct the address.`,
    );
  } finally {
    session.close();
  }
}

/** The address for messages, without what may be a password. @throws SlipwayError `invalid_model` */
export function requireHttpUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url?.protocol !== "http:" && url?.protocol !== "https:")
    throw new SlipwayError("invalid_model", `The address of the model's server must begin with http:// or https://.`);
  if (url.username !== "" || url.password !== "")
    throw new SlipwayError(
      "invalid_model",
      "The address of the model's server holds a password. Make it a secret, and name that.",
    );
  return `${url.origin}${url.pathname === "/" ? "" : url.pathname}`;
}
