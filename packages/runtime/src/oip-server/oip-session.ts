import { SlipwayError } from "@slipway/contract/errors";
import { isObject } from "../codec/json-body.ts";
import type { ModelReport } from "../program.ts";
import type { Tensor } from "../tensor.ts";
import { NoAnswer, type HttpAnswer, type HttpClient } from "./http-client.ts";
import { parseInferAnswer, parseLenientJson } from "./infer-answer.ts";
import { renderInferQuestion } from "./infer-question.ts";
import { parseModelMetadata } from "./oip-metadata.ts";

/** A model on a server of the Open Inference Protocol. */
export interface OipTarget {
  readonly model: string;
  /** Left out: the one that the server thinks best. */
  readonly version?: string;
}

export interface OipSession {
  /** Why it cannot be asked now, as part of a sentence; null: it can. */
  findTrouble(signal: AbortSignal): Promise<string | null>;
  /** What it takes and gives; to be called before `infer`. @throws SlipwayError `invalid_model`, NoAnswer */
  describe(signal: AbortSignal): Promise<ModelReport>;
  /** @throws SlipwayError, NoAnswer */
  infer(
    inputs: readonly Tensor[],
    /** Empty: all. */ outputs: readonly string[],
    signal: AbortSignal,
  ): Promise<readonly Tensor[]>;
  close(): void;
}

/** Asking whether all is well takes no longer. */
const lookMs = 5000;
/** What a server answers that does not have this question. */
const unknown = new Set([404, 405, 501]);

export function createOipSession(client: HttpClient, { model, version }: OipTarget): OipSession {
  const atVersion = version === undefined ? "" : `/versions/${encodeURIComponent(version)}`;
  const path = `v2/models/${encodeURIComponent(model)}${atVersion}`;
  let binary = false;

  const get = (what: string, signal: AbortSignal): Promise<HttpAnswer> =>
    client.ask({ path: what, signal: AbortSignal.any([signal, AbortSignal.timeout(lookMs)]) });

  async function askReady(what: string, signal: AbortSignal): Promise<string | null> {
    const { status } = await get(what, signal);
    return status === 200 || unknown.has(status) ? null : `GET /${what} answers ${status}`;
  }
  return {
    async findTrouble(signal) {
      try {
        return (await askReady("v2/health/ready", signal)) ?? (await askReady(`${path}/ready`, signal));
      } catch (error) {
        if (error instanceof NoAnswer) return error.message;
        throw error;
      }
    },
    async describe(signal) {
      const answer = await get(path, signal);
      if (answer.status !== 200) throw noModel(path, answer);
      const report = parseModelMetadata(parseJson(answer, path));
      binary = takesBinary(await get("v2", signal));
      return report;
    },
    async infer(inputs, outputs, signal) {
      const answer = await client.ask({
        path: `${path}/infer`,
        ...renderInferQuestion({ inputs, outputs, binary }),
        signal,
      });
      return parseInferAnswer(answer, outputs);
    },
    close: () => client.close(),
  };
}

function takesBinary({ status, body }: HttpAnswer): boolean {
  try {
    const server = status === 200 ? (JSON.parse(body.toString("utf8")) as unknown) : null;
    const extensions = isObject(server) ? server["extensions"] : null;
    return Array.isArray(extensions) && extensions.includes("binary_tensor_data");
  } catch {
    return false;
  }
}

function parseJson({ body }: HttpAnswer, path: string): unknown {
  try {
    return parseLenientJson(body.toString("utf8"));
  } catch (error) {
    throw new SlipwayError("invalid_model", `The model's server answers GET /${path} with what is no JSON.`, {}, error);
  }
}

function noModel(path: string, { status }: HttpAnswer): SlipwayError {
  const why =
    status === 401 || status === 403
      ? "Give it the credentials that the server asks for"
      : "Check the name and the version of the model there";
  return new SlipwayError(
    "invalid_model",
    `The model's server answers GET /${path} with status ${status}, not with what the model is. ${why}.`,
    { status },
  );
}
