import type { ManifestRollout, Strategy } from "@slipway/contract";

/**
 * A section as another strategy has it: steps and what comes at their end are the strategy's own, all else holds. Null: the section as
 * it is.
 */
export function withStrategy(section: ManifestRollout, strategy: Strategy | null): ManifestRollout {
  if (strategy === null || strategy === (section.strategy ?? "canary")) return section;
  const { steps: _steps, finish: _finish, ...rest } = section;
  return { ...rest, strategy };
}
