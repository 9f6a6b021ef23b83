import { SlipwayError } from "@slipway/contract/errors";
import { quote } from "../codec/elements.ts";
import { isObject } from "../codec/json-body.ts";
import { parseOipInput } from "../codec/oip-input.ts";
import { createTail, parseHeaderLength } from "../codec/oip-tail.ts";
import type { Signature } from "../signature.ts";
import type { Tensor } from "../tensor.ts";
import type { HttpAnswer } from "./http-client.ts";

/** The outputs of an answer, in the order in which they were asked for; all of them where none was named. @throws SlipwayError */
export function parseInferAnswer(answer: HttpAnswer, names: readonly string[]): readonly Tensor[] {
  if (answer.status !== 200) throw toModelError(answer);
  const outputs = readOutputs(answer);
  if (names.length === 0) return outputs;
  return names.map((name) => {
    const output = outputs.find((each) => each.name === name);
    if (output !== undefined) return output;
    const given = outputs.map((each) => quote(each.name)).join(", ");
    throw unreadable(`it has no output ${quote(name)}, but ${given === "" ? "none" : given}`);
  });
}

function readOutputs({ headers, body }: HttpAnswer): readonly Tensor[] {
  try {
    const header = headers["inference-header-content-length"];
    const length = parseHeaderLength(typeof header === "string" ? header : null, body.length);
    const tail = length === null ? null : createTail(body.subarray(length));
    const value = parseLenientJson((length === null ? body : body.subarray(0, length)).toString("utf8"));
    const list = isObject(value) ? value["outputs"] : undefined;
    if (!Array.isArray(list)) throw new Error('it has no list "outputs"');
    const signature = toLenientSignature(list);
    return list.map((output, index) => parseOipInput(output, index, signature, tail));
  } catch (error) {
    throw unreadable((error as Error).message.replace(/^Input /, "output ").replace(/\.$/, ""), error);
  }
}

/** Python's own JSON has numbers that JSON does not have. */
export function parseLenientJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    // Strings are matched first, so that nothing inside of them is.
    const strict = text.replaceAll(/"(?:[^"\\]|\\.)*"|-?\b(?:NaN|Infinity)\b/g, (found) =>
      found.startsWith('"') ? found : found === "NaN" ? "null" : found.replace("Infinity", "1e999"),
    );
    if (strict === text) throw new Error(`it is no JSON: ${(error as Error).message}`, { cause: error });
    return JSON.parse(strict);
  }
}

/** Any output may lack a value. */
function toLenientSignature(list: readonly unknown[]): Signature {
  const names = list.flatMap((each) => (isObject(each) && typeof each["name"] === "string" ? [each["name"]] : []));
  const inputs = names.map((name) => ({ name, datatype: "FP64", shape: [-1], nullable: true }) as const);
  return { inputs, outputs: [], packed: null, batched: true };
}

/** Callers read it. */
function toModelError({ status, body }: HttpAnswer): SlipwayError {
  const said = readReason(body);
  const because = said === "" ? "." : `: ${said}`;
  if (status === 401 || status === 403)
    return new SlipwayError("model_failed", "The model's server does not accept the credentials of this one.");
  if (status === 429 || status === 503)
    return new SlipwayError("overloaded", `The model's server has too much to do${because}`, { status });
  if (status === 408 || status === 504)
    return new SlipwayError("deadline_exceeded", `The model's server did not answer in time${because}`, { status });
  if (status === 404) return new SlipwayError("not_ready", `The model's server does not have the model${because}`);
  if (status >= 400 && status < 500)
    return new SlipwayError("invalid_input", `The model's server refused the values${because}`, { status });
  return new SlipwayError("model_failed", `The model's server failed (status ${status})${because}`, { status });
}

const mostSaid = 500;

function readReason(body: Buffer): string {
  const text = body.toString("utf8").trim();
  let said: unknown = text.startsWith("<") ? "" : text;
  try {
    const value = JSON.parse(text) as unknown;
    if (isObject(value)) said = value["error"] ?? value["detail"] ?? value["message"] ?? "";
  } catch {
    // Not in JSON: as it is.
  }
  const line = (typeof said === "string" ? said : JSON.stringify(said)).replaceAll(/\s+/g, " ").trim();
  return line.replaceAll(/(?:\/[^\s/:]+)+\//g, "").slice(0, mostSaid);
}

function unreadable(why: string, cause?: unknown): SlipwayError {
  return new SlipwayError("model_failed", `The model's server gave an answer that cannot be read: ${why}.`, {}, cause);
}
