import type { ModelVersion } from "@slipway/contract";
import { extname } from "node:path";
import type { RecordJson } from "../records.ts";

type Signature = ModelVersion["signature"];

/** The file of `model.examples` among those of the version; null where there is none. */
export function toExamplesPath({ manifest, files }: ModelVersion): string | null {
  const said = isObject(manifest) ? manifest["examples"] : undefined;
  const path = isObject(said) ? said["path"] : said;
  return typeof path === "string" && files.some((file) => file.path === path) ? path : null;
}

/**
 * The inputs of an examples file: JSON or JSON Lines of `{inputs, outputs}` or of flat records, or CSV; of Parquet, which
 * takes the server to read, and of what is no such file, none.
 */
export function parseExamples(text: string, path: string, signature: Signature): readonly RecordJson[] {
  const names = new Set(signature.inputs.map((input) => input.name));
  return readRows(text, extname(path).toLowerCase(), signature).flatMap((row) => {
    if (!isObject(row)) return [];
    const fields = isObject(row["inputs"]) && !names.has("inputs") ? row["inputs"] : row;
    const record = Object.fromEntries(Object.entries(fields).filter(([name]) => names.has(name)));
    return Object.keys(record).length === 0 ? [] : [record];
  });
}

function readRows(text: string, extension: string, signature: Signature): readonly unknown[] {
  if (extension === ".csv" || extension === ".tsv")
    return readTable(text, extension === ".csv" ? "," : "\t", signature);
  try {
    if (extension !== ".json")
      return extension === ".parquet"
        ? []
        : text
            .split("\n")
            .filter(Boolean)
            .map((line) => JSON.parse(line) as unknown);
    const rows: unknown = JSON.parse(text);
    return Array.isArray(rows) ? rows : [];
  } catch {
    return [];
  }
}

function readTable(text: string, separator: string, signature: Signature): Record<string, unknown>[] {
  const [head = [], ...rows] = text
    .split(/\r?\n/)
    .filter((line) => line.trim() !== "")
    .map((line) => splitLine(line, separator));
  const datatypes = new Map(signature.inputs.map(({ name, datatype }) => [name, datatype]));
  return rows.map((cells) =>
    Object.fromEntries(head.map((name, i) => [name, fromCell(datatypes.get(name), cells[i] ?? "")])),
  );
}

function splitLine(line: string, separator: string): string[] {
  const cells = [...line.matchAll(new RegExp(`(?:^|${separator})(?:"((?:[^"]|"")*)"|([^${separator}"]*))`, "g"))];
  return cells.map((cell) => cell[1]?.replaceAll('""', '"') ?? cell[2] ?? "");
}

function fromCell(datatype: string | undefined, text: string): unknown {
  if (datatype === undefined || datatype === "BYTES") return text;
  const value = text.trim();
  if (value === "" || /^(nan|null|na)$/i.test(value)) return null;
  if (datatype === "BOOL") return /^(true|1)$/i.test(value);
  if (value.startsWith("[")) return JSON.parse(value) as unknown;
  const number = Number(value);
  return Number.isInteger(number) && !Number.isSafeInteger(number) ? value : number;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
