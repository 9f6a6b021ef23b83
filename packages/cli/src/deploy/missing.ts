import { SlipwayError } from "@slipway/contract/errors";
import type { DeployPlan } from "./deploy-plan.ts";
import { addMissing } from "./plan.ts";

/** Does something with a plan; where files are found to be missing, once more with those that lie beside it. */
export async function withMissing<T>(plan: DeployPlan, attempt: (plan: DeployPlan) => Promise<T>): Promise<T> {
  try {
    return await attempt(plan);
  } catch (error) {
    const missing = SlipwayError.is(error) ? error.details.missing_files : undefined;
    if (!Array.isArray(missing)) throw error;
    const larger = await addMissing(
      plan,
      missing.filter((file) => typeof file === "string"),
    );
    if (larger === null) throw error;
    return attempt(larger);
  }
}
