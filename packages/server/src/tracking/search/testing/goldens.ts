import { readFileSync } from "node:fs";

/** What MLflow's own parser and store were asked and said, by tools/goldens/mlflow-search.py. */
interface Golden {
  readonly about: string;
}

export interface Asked {
  readonly filter: string;
  readonly order_by: readonly string[];
  readonly view: "ACTIVE_ONLY" | "DELETED_ONLY" | "ALL";
  /** Names in their order; left out where it was refused. */
  readonly found?: readonly string[];
}

interface ModelAsked extends Omit<Asked, "order_by"> {
  readonly order_by: readonly {
    readonly field_name: string;
    readonly ascending?: boolean;
    readonly dataset_name?: string;
    readonly dataset_digest?: string;
  }[];
  readonly datasets: readonly { readonly dataset_name: string; readonly dataset_digest?: string }[];
}

export interface GoldenComparison {
  readonly type: string;
  readonly key: string;
  readonly comparator: string;
  readonly value: string | number | readonly string[] | null;
}

export interface GoldenRun {
  readonly id: string;
  readonly name: string;
  readonly start: number;
  readonly end: number | null;
  readonly status: string;
  readonly user: string;
  readonly metrics: Readonly<Record<string, number | "nan" | "inf" | "-inf">>;
  readonly params: Readonly<Record<string, string>>;
  readonly tags: Readonly<Record<string, string>>;
  readonly datasets: readonly (readonly [name: string, digest: string, context: string | null])[];
  readonly deleted?: boolean;
  readonly artifact_uri: string;
}

interface GoldenExperiment {
  readonly id: string;
  readonly name: string;
  readonly creation_time: number;
  readonly last_update_time: number;
  readonly lifecycle: string;
  readonly tags: Readonly<Record<string, string>>;
}

export interface GoldenModel {
  readonly id: string;
  readonly label: string;
  readonly name: string;
  readonly model_type: string;
  readonly run: string;
  readonly status: string;
  readonly creation_time: number;
  readonly last_updated_time: number;
  readonly params: Readonly<Record<string, string>>;
  readonly tags: Readonly<Record<string, string>>;
  readonly metrics: readonly {
    readonly key: string;
    readonly value: number;
    readonly timestamp: number;
    readonly step: number;
    readonly dataset: string | null;
    readonly digest: string | null;
    readonly run: string;
  }[];
}

interface Lines {
  readonly grammar: { readonly text: string; readonly parsed: readonly GoldenComparison[] | null };
  readonly experiments: GoldenExperiment;
  readonly "search experiments": Asked;
  readonly runs: GoldenRun;
  readonly "search runs": Asked;
  readonly models: GoldenModel;
  readonly "search models": ModelAsked;
}

const lines = readFileSync(new URL("./goldens.jsonl", import.meta.url), "utf8")
  .trim()
  .split("\n")
  .map((line) => JSON.parse(line) as Golden);

export function goldens<About extends keyof Lines>(about: About): readonly Lines[About][] {
  return lines.filter((line) => line.about === about) as unknown as readonly Lines[About][];
}
