import { SlipwayError } from "@slipway/contract/errors";

const maxBytes = 4096;
const maxSegmentBytes = 1024;

/**
 * The path of an artifact below the root, without doubled, leading or trailing slashes and without `.`; "" is the root. It is
 * decoded until nothing is left to decode, as MLflow does, so that what is checked is what is meant. Whatever could name
 * something above the root, a drive or another scheme is refused, in MLflow's words.
 * @throws SlipwayError `invalid_request`
 */
export function parseArtifactPath(given: string): string {
  const path = decodeAll(given);
  if (path === null || isUnsafe(path)) throw invalidPath();
  return path
    .split("/")
    .filter((segment) => segment !== "" && segment !== ".")
    .join("/");
}

/** The same for what must name a file. */
export function parseArtifactFile(given: string): { readonly folder: string; readonly name: string } {
  const path = parseArtifactPath(given);
  if (path === "" || /\/\.?$/.test(given)) throw invalidPath();
  const cut = path.lastIndexOf("/");
  return { folder: path.slice(0, Math.max(cut, 0)), name: path.slice(cut + 1) };
}

/** `a/b` in `folder`; `""` stands for the folder itself. */
export function joinArtifactPath(folder: string, path: string): string {
  return folder === "" || path === "" ? folder + path : `${folder}/${path}`;
}

const httpRoot = "/api/2.0/mlflow-artifacts/artifacts";

/**
 * Where the files of an artifact URI lie below the root: `mlflow-artifacts:/1/RUN/artifacts`, or the address of a server's
 * artifacts. Null for one whose files are in a store of their own (`s3://…`), which nobody asks us for.
 */
export function findArtifactFolder(uri: string): string | null {
  const parts = /^([a-z][a-z0-9+.-]*):(?:\/\/[^/]*)?(\/[^?#]*)?/i.exec(uri);
  if (parts === null) return null;
  const [, scheme, path = "/"] = parts;
  if (scheme!.toLowerCase() === "mlflow-artifacts") return parseArtifactPath(path.replace(/^\/+/, ""));
  if (!/^https?$/i.test(scheme!)) return null;
  const at = path.indexOf(httpRoot);
  return at < 0 ? null : parseArtifactPath(path.slice(at + httpRoot.length).replace(/^\/+/, ""));
}

function isUnsafe(path: string): boolean {
  if (Buffer.byteLength(path) > maxBytes || !path.isWellFormed()) return true;
  if (/[\u0000-\u001f\u007f\\#]/.test(path) || path.startsWith("/")) return true;
  if (/^[a-zA-Z]:|^file:|^[a-zA-Z][a-zA-Z0-9+.-]*:\//i.test(path)) return true;
  return path.split("/").some((segment) => segment === ".." || Buffer.byteLength(segment) > maxSegmentBytes);
}

/** Null where it does not come to an end. */
function decodeAll(given: string): string | null {
  let path = given;
  for (let round = 0; round < 10; round++) {
    const decoded = path.replaceAll(/(?:%[0-9a-f]{2})+/gi, decode);
    if (decoded === path) return path;
    path = decoded;
  }
  return null;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function invalidPath(): SlipwayError {
  // MLflow's tests ask for these two words and nothing else.
  return new SlipwayError("invalid_request", "Invalid path");
}
