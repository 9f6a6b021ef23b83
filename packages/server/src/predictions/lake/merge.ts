import type { LakeFile } from "./lake-file.ts";

/** So many files of about one size become one. */
const together = 8;
const mostRows = 2 ** 22;

/**
 * Groups of files that are worth joining: eight or more of one partition within a factor of eight in rows, so that a row is
 * written again only a few times however often the log is compacted.
 */
export function chooseMerges(files: readonly LakeFile[]): LakeFile[][] {
  const groups = new Map<string, LakeFile[]>();
  for (const file of files) {
    const size = Math.floor(Math.log2(Math.max(1, file.rows)) / 3);
    const key = `${file.kind} ${file.signature} ${file.day} ${size} ${file.endpoint}`;
    groups.set(key, [...(groups.get(key) ?? []), file]);
  }
  return [...groups.values()].flatMap(cut).filter((group) => group.length >= together);
}

function cut(files: readonly LakeFile[]): LakeFile[][] {
  const groups: LakeFile[][] = [[]];
  let rows = 0;
  for (const file of files) {
    if (rows + file.rows > mostRows) {
      groups.push([]);
      rows = 0;
    }
    groups.at(-1)?.push(file);
    rows += file.rows;
  }
  return groups;
}
