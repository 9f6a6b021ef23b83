import { SlipwayError } from "@slipway/contract";

/** What a URI of a model means. */
export type Source =
  | { readonly kind: "logged_model"; readonly id: string }
  | { readonly kind: "version"; readonly model: string; readonly wanted: VersionWanted }
  /** A folder below a run's artifacts. */
  | { readonly kind: "run"; readonly runId: string; readonly path: string }
  /** Where files are; `isLocal`: on a disk of the caller's or of this machine. */
  | { readonly kind: "location"; readonly uri: string; readonly isLocal: boolean };

export type VersionWanted =
  | { readonly by: "number"; readonly version: number }
  | { readonly by: "alias"; readonly alias: string }
  | { readonly by: "stage"; readonly stage: string }
  | { readonly by: "latest" };

const mostDecoding = 10;

/** @throws SlipwayError `invalid_request` for what is none, and for whatever leads upwards, in any spelling */
export function parseSource(uri: string): Source {
  if (leadsUpwards(uri))
    throw new SlipwayError(
      "invalid_request",
      `Invalid model version source: '${uri}'. If supplying a source as an http, https, local file path, ftp, objectstore, or ` +
        "mlflow-artifacts uri, an absolute path must be provided without relative path references present. Please provide an absolute path.",
      { source: uri },
    );
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(uri)?.[1]?.toLowerCase();
  if (scheme === "models") return parseModels(uri);
  if (scheme === "runs") return parseRuns(uri);
  // `C:\models` is a path.
  const isLocal = scheme === undefined || scheme === "file" || scheme.length === 1;
  return { kind: "location", uri, isLocal };
}

function parseModels(uri: string): Source {
  const path = /^models:\/(?!\/)([^?#]+)$/i.exec(uri)?.[1]?.replace(/\/$/, "");
  const [name = "", suffix, ...more] = path?.split("/") ?? [];
  if (name.trim() === "" || more.length > 0) throw notModels(uri);
  if (suffix !== undefined) return { kind: "version", model: name, wanted: parseSuffix(suffix, uri) };
  if (/^m-[0-9a-f]{32}$/.test(name)) return { kind: "logged_model", id: name };
  const at = name.lastIndexOf("@");
  if (at <= 0 || at === name.length - 1) throw notModels(uri);
  return { kind: "version", model: name.slice(0, at), wanted: { by: "alias", alias: name.slice(at + 1) } };
}

function parseSuffix(suffix: string, uri: string): VersionWanted {
  if (suffix.trim() === "") throw notModels(uri);
  if (/^[0-9]{1,9}$/.test(suffix)) return { by: "number", version: Number(suffix) };
  return suffix.toLowerCase() === "latest" ? { by: "latest" } : { by: "stage", stage: suffix };
}

function parseRuns(uri: string): Source {
  const [, runId, path] = /^runs:\/(?!\/)([a-zA-Z0-9][\w-]{0,255})\/([^?#]*[^?#/])\/*$/i.exec(uri) ?? [];
  if (runId !== undefined && path !== undefined) return { kind: "run", runId, path: path.replaceAll(/\/{2,}/g, "/") };
  throw new SlipwayError(
    "invalid_request",
    `Not a proper runs:/ URI: ${uri}. Runs URIs must be of the form 'runs:/<run_id>/run-relative/path/to/artifact'`,
    { source: uri },
  );
}

function notModels(uri: string): SlipwayError {
  return new SlipwayError(
    "invalid_request",
    `Not a proper models:/ URI: ${uri}. Models URIs must be of the form 'models:/model_name/suffix' or 'models:/model_name@alias' where ` +
      "suffix is a model version, stage, or the string 'latest' and where alias is a registered model alias.",
    { source: uri },
  );
}

/** Decoded until nothing is left to decode: what reads it later may decode once more. */
function leadsUpwards(uri: string): boolean {
  let text = uri;
  for (let round = 0; round < mostDecoding; round++) {
    if (/[\u0000-\u001f\u007f]/.test(text) || /(?:^|[/\\:])\.\.(?:[/\\;?#]|$)/.test(text)) return true;
    const decoded = text.replaceAll(/(?:%[0-9a-f]{2})+/gi, decode);
    if (decoded === text) return false;
    text = decoded;
  }
  return true;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // Half a character: its ASCII bytes still mean what they mean.
    return text.replaceAll(/%([0-7][0-9a-f])/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  }
}
