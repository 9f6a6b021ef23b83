import { SlipwayError } from "@slipway/contract/errors";

/** MLflow's limits, in characters. */
export const limits = {
  experimentName: 500,
  key: 250,
  paramValue: 6000,
  runTagValue: 8000,
  experimentTagValue: 20_000,
  datasetName: 500,
  datasetDigest: 36,
  datasetSource: 65_535,
  datasetSchema: 1_048_575,
  datasetProfile: 16_777_215,
  inputTagKey: 255,
  inputTagValue: 500,
} as const;

function invalid(message: string): SlipwayError {
  return new SlipwayError("invalid_request", message);
}

/** JSON as Python writes it: the parameter of a message. */
function quote(value: string): string {
  return JSON.stringify(value).replaceAll(
    /[\u007f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

const keyPattern = /^[/\p{L}\p{N}_.\- :]*$/u;
const plainKey = /^[\w-][\w\- :.]*(?:\/[\w-][\w\- :.]*)*$/;

/** The key of a metric, param or tag may become a file's name somewhere. @throws SlipwayError `invalid_request` */
export function checkKey(key: string, path: string): void {
  // Far too long: nothing else of it needs to be told.
  if (key.length > 8 * limits.key) checkLength(key, limits.key, path);
  if (!plainKey.test(key)) checkOddKey(key, path);
}

function checkOddKey(key: string, path: string): void {
  if (!keyPattern.test(key))
    throw invalid(
      `Invalid value ${quote(key)} for parameter '${path}' supplied: Names may only contain alphanumerics, underscores (_), ` +
        "dashes (-), periods (.), spaces ( ), colon(:) and slashes (/).",
    );
  const normal = normalise(key);
  if (normal !== key || normal === "." || normal.startsWith("..") || normal.startsWith("/"))
    throw invalid(
      `Invalid value ${quote(key)} for parameter '${path}' supplied: Names may be treated as files in certain cases, and must ` +
        `not resolve to other names when treated as such. This name would resolve to '${normal}'`,
    );
}

/** Python's posixpath.normpath. */
function normalise(path: string): string {
  if (path === "") return ".";
  const root = /^\/\/(?!\/)/.test(path) ? "//" : path.startsWith("/") ? "/" : "";
  const parts: string[] = [];
  for (const part of path.split("/")) {
    if (part === "" || part === ".") continue;
    if (part !== ".." || (root === "" && parts.length === 0) || parts.at(-1) === "..") parts.push(part);
    else parts.pop();
  }
  return root + parts.join("/") || ".";
}

/** Characters as Python counts them: a pair of surrogates is one. */
export function lengthOf(text: string): number {
  let length = text.length;
  for (let i = 0; i < text.length - 1; i++) {
    const isPair = (text.charCodeAt(i) & 0xfc00) === 0xd800 && (text.charCodeAt(i + 1) & 0xfc00) === 0xdc00;
    if (isPair) length--;
  }
  return length;
}

/** @throws SlipwayError `invalid_request` */
export function checkLength(text: string, limit: number, what: string): void {
  if (text.length > limit && lengthOf(text) > limit)
    throw invalid(`'${what}' exceeds the maximum length of ${limit} characters`);
}

/** MLflow cuts values that are too long, and so does this. */
export function cut(text: string, limit: number): string {
  if (text.length <= limit) return text;
  return Array.from(text).slice(0, limit).join("");
}
