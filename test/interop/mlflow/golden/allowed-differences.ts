import type { Deviation } from "./replay.ts";

/** What may be answered otherwise than in the recording, and why. */
export interface AllowedDifference {
  readonly what: RegExp;
  readonly at: RegExp;
  readonly why: string;
  readonly found?: (found: unknown) => boolean;
}

/** Of both: what names things of the machine of the recording. */
const anyones: readonly AllowedDifference[] = [
  {
    what: /^GET .*\/mlflow-artifacts\/artifacts\/2\/ID\/artifacts\/model$/,
    at: /^message$/,
    why: "The message about a file that is not there names the folder of the recording server.",
    found: (found) => typeof found === "string" && found.includes("artifacts/model"),
  },
];

/** Of Slipway. */
const ours: readonly AllowedDifference[] = [
  {
    what: /^/,
    at: /^(sqlstate|error_class)$/,
    why: "Optional fields of errors, which the client derives from the error code.",
    found: (found) => found === undefined,
  },
  {
    what: /^GET .*\/model-versions\/search$/,
    at: /^model_versions\[\d+\]\.aliases$/,
    why: "Versions that a search finds have their aliases with us (MLflow's issue 16734).",
  },
  {
    what: /\/logged-models\/(ID|search)$/,
    at: /info\.tags\[\d+\]\.value$/,
    why: "The tag mlflow.modelVersions also names versions that were copied from another one.",
    found: (found) => typeof found === "string" && found.endsWith('{"name": "reg2", "version": 1}]'),
  },
];

/** Of the real server in the version that the tests pin, 3.17; the recording is of 3.11. */
const theirs: readonly AllowedDifference[] = [
  {
    what: /^GET \/api\/2.0\/mlflow\/(experiments|registered-models|model-versions)\//,
    at: /(^|\.)workspace$/,
    why: "Workspaces came with 3.12; everything is in the one named `default`.",
    found: (found) => found === "default",
  },
  {
    what: /^PUT .*\/mlflow-artifacts\/artifacts\//,
    at: /^(content-type)?$/,
    why: "Uploads are answered with an empty body since 3.15; the client takes it as `{}`.",
    found: (found) => found === "",
  },
];

/** The deviations that no reason is written for. */
export function findUnexplained(deviations: readonly Deviation[], reference: boolean): Deviation[] {
  const allowed = [...anyones, ...(reference ? theirs : ours)];
  return deviations.filter(
    ({ what, at, found }) =>
      !allowed.some((one) => one.what.test(what) && one.at.test(at) && (one.found?.(found) ?? true)),
  );
}

/** The reasons that explained nothing: they should go. */
export function findUnused(deviations: readonly Deviation[], reference: boolean): AllowedDifference[] {
  const allowed = [...anyones, ...(reference ? theirs : ours)];
  return allowed.filter((one) => !deviations.some(({ what, at }) => one.what.test(what) && one.at.test(at)));
}

/** One line for a reader. */
export function toLine({ scenario, line, what, at, expected, found }: Deviation): string {
  return `${scenario}:${line} ${what} ${at}: ${JSON.stringify(expected)} -> ${JSON.stringify(found)}`;
}
