import { SlipwayError } from "@slipway/contract/errors";
import { LineCounter, parseDocument } from "yaml";
import { readSource } from "./stdin.ts";

export type ManifestJson = Readonly<Record<string, unknown>>;

/**
 * slipway.yaml as JSON (`-` is stdin); what stands in it is for the server to judge.
 * @throws SlipwayError `invalid_manifest` with line and column; UsageError where it cannot be read
 */
export async function readManifest(path: string): Promise<ManifestJson> {
  const lines = new LineCounter();
  const document = parseDocument(await readSource(path), { lineCounter: lines, prettyErrors: false });
  const problem = document.errors[0];
  if (problem !== undefined) {
    const { line, col } = lines.linePos(problem.pos[0]);
    throw new SlipwayError("invalid_manifest", `${path}:${line}:${col}: ${problem.message}`, {
      line,
      column: col,
    });
  }
  const value: unknown = document.toJS();
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new SlipwayError(
      "invalid_manifest",
      `${path} is not a manifest: it must be a map that begins with \`slipway: 1\` and \`name: …\`.`,
    );
  return value as ManifestJson;
}
