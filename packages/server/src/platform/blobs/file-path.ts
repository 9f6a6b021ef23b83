import { SlipwayError } from "@slipway/contract";

const maxPathBytes = 1024;
const maxSegmentBytes = 255;

/**
 * A relative path of a file inside a package: `model.onnx`, `weights/part-1.bin`. What any file system could read as
 * something else is refused: absolute paths, `.` and `..`, backslashes, drive letters, control characters, and segments
 * that end in a dot or a space, which Windows drops.
 * @throws SlipwayError `invalid_request`
 */
export function parseFilePath(path: string): string {
  const why = findFault(path);
  if (why === null) return path;
  throw new SlipwayError(
    "invalid_request",
    `The file path ${JSON.stringify(path)} is refused because it ${why}. Use a relative path with "/" between the folders.`,
    { path },
  );
}

function findFault(path: string): string | null {
  if (path === "") return "is empty";
  if (Buffer.byteLength(path) > maxPathBytes) return `is longer than ${maxPathBytes} bytes`;
  if (!path.isWellFormed()) return "is not valid Unicode";
  if (/[\u0000-\u001f\u007f]/.test(path)) return "contains a control character";
  if (path.includes("\\")) return "contains a backslash";
  if (path.startsWith("/")) return "is absolute";
  for (const segment of path.split("/")) {
    if (segment === "") return "has an empty part";
    if (/^[. ]*$/.test(segment)) return "has a part that is only dots";
    if (/[. ]$/.test(segment)) return "has a part that ends in a dot or a space";
    if (/^[a-zA-Z]:/.test(segment)) return "names a drive";
    if (Buffer.byteLength(segment) > maxSegmentBytes) return `has a part longer than ${maxSegmentBytes} bytes`;
  }
  return null;
}

/** The paths of one tree, one after the other. */
export interface PathSet {
  /**
   * Checks the path by itself and against all before it: none twice (also not where only the case differs), and no file
   * that is also a folder of another.
   * @throws SlipwayError `invalid_request`
   */
  add(path: string): void;
}

export function createPathSet(): PathSet {
  const files = new Set<string>();
  const folders = new Set<string>();
  return {
    add(path) {
      const key = parseFilePath(path).normalize("NFC").toLowerCase();
      if (files.has(key))
        throw new SlipwayError("invalid_request", `Two files are called ${JSON.stringify(path)}.`, { path });
      const above = foldersOf(key);
      const both = folders.has(key) ? key : above.find((folder) => files.has(folder));
      if (both !== undefined)
        throw new SlipwayError("invalid_request", `${JSON.stringify(both)} is both a file and a folder.`, {
          path: both,
        });
      files.add(key);
      for (const folder of above) folders.add(folder);
    },
  };
}

function foldersOf(path: string): string[] {
  const folders: string[] = [];
  for (let cut = path.lastIndexOf("/"); cut > 0; cut = path.lastIndexOf("/", cut - 1)) folders.push(path.slice(0, cut));
  return folders;
}

/** Checks all paths of one package, as `PathSet.add` does. @throws SlipwayError `invalid_request` */
export function checkFilePaths(paths: readonly string[]): void {
  const set = createPathSet();
  for (const path of paths) set.add(path);
}
