import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../../../../tools/layer-list.ts";

/** One request of a real client (3.11) and the answer of the real server. */
export interface Pair {
  readonly method: string;
  readonly path: string;
  readonly content_type: string | null;
  readonly user_agent: string;
  /** `<stream>` where a file was sent: its bytes were not recorded. */
  readonly request_body: string | null;
  readonly status: number;
  readonly response_content_type: string;
  /** Empty where a file was answered. */
  readonly response_body: string;
}

/** In the order of the recording: each goes on with what the ones before have left on the server. */
export const scenarios = [
  "basic_logging",
  "log_model_sk",
  "log_model_skreg",
  "log_model_legacy",
  "log_model_pyfunc",
  "log_model_onnx",
  "log_model_auto",
] as const;

export function readPairs(scenario: string): readonly Pair[] {
  const text = readFileSync(join(root, "test/interop/mlflow/golden", `${scenario}.jsonl`), "utf8");
  return text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Pair);
}

const listing = "/api/2.0/mlflow-artifacts/artifacts?path=";

/** How long each uploaded file was, as a later list says; by its path. */
export function findSizes(pairs: readonly Pair[]): ReadonlyMap<string, number> {
  const sizes = new Map<string, number>();
  for (const { path, response_body } of pairs) {
    if (!path.startsWith(listing)) continue;
    const folder = decodeURIComponent(path.slice(listing.length).replaceAll("+", " "));
    const { files = [] } = JSON.parse(response_body) as { files?: { path: string; file_size?: number }[] };
    for (const file of files) if (file.file_size !== undefined) sizes.set(`${folder}/${file.path}`, file.file_size);
  }
  return sizes;
}
