import { toManifestExamples } from "@slipway/contract";
import { defaultTolerance, type Tolerance } from "@slipway/runtime";
import type { InspectJob } from "../inspect-job.ts";

/** The tolerance of the examples, where the manifest has some. */
export function toleranceOf({ model }: Pick<InspectJob, "model">): Tolerance | null {
  if (model?.examples === undefined) return null;
  const { absolute, relative } = toManifestExamples(model.examples);
  if (absolute === undefined && relative === undefined) return null;
  return { absolute: absolute ?? defaultTolerance.absolute, relative: relative ?? defaultTolerance.relative };
}
