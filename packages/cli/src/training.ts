import type { ManifestTraining } from "@slipway/contract";

/** What the author said of the training, a fact a line. */
export function trainingText(section: unknown): string | null {
  const { training } = (section ?? {}) as { readonly training?: ManifestTraining };
  if (!training) return null;
  const { at, data, commit, reference } = training;
  const facts = [
    at && `at ${at}`,
    data && `on ${data}`,
    commit && `commit ${commit}`,
    reference && `reference ${reference}`,
  ];
  return facts.filter((fact) => fact !== undefined).join("\n");
}
