import { SlipwayError } from "@slipway/contract";
import { requireParity, type ParityReport } from "@slipway/runtime";
import { normalName } from "../environments/index.ts";
import type { ModelSection } from "./model-section.ts";

/** A package that a model was not trained with as it serves. */
export interface PackageDifference {
  readonly name: string;
  readonly trained: string;
  /** Null: it is not there, or nothing has imported it. */
  readonly serves: string | null;
}

export interface Trained {
  readonly modelSection: object | null;
  readonly report: object | null;
}

/** What was imported at training in another version than now, as far as both are known. */
export function findPackageDifferences({ modelSection, report }: Trained): PackageDifference[] {
  const trained = (modelSection as ModelSection | null)?.training?.packages ?? {};
  const { packages = {} } = (report ?? {}) as { readonly packages?: Readonly<Record<string, string>> };
  const serving = new Map(Object.entries(packages).map(([name, version]) => [normalName(name), version]));
  return Object.entries(trained).flatMap(([name, version]) => {
    const serves = serving.get(normalName(name));
    // What is locked and not imported does not answer.
    return serves === undefined || serves === version ? [] : [{ name, trained: version, serves }];
  });
}

export function describeDifferences(differences: readonly PackageDifference[]): string {
  return differences.map(({ name, trained, serves }) => `${name} ${serves} (trained with ${trained})`).join(", ");
}

/** @throws SlipwayError `parity_failed` as `requireParity`, with the packages that differ from training */
export function requireSameAnswers(report: ParityReport, what: string, trained: Trained): void {
  try {
    requireParity(report, what);
  } catch (error) {
    const packages = findPackageDifferences(trained);
    if (!SlipwayError.is(error) || packages.length === 0) throw error;
    const why = ` It does not run with the packages that it was trained with: ${describeDifferences(packages)}.`;
    throw new SlipwayError(error.code, error.message + why, { ...error.details, packages });
  }
}
