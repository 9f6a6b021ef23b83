import type { LoadedVersion } from "../serving/index.ts";
import type { LoadedArm } from "./divide.ts";
import type { EndpointSpec } from "./endpoint.ts";
import type { FallbackTarget, MissingArm } from "./snapshot.ts";

/** What a spec needs in memory, loaded beside whatever serves now. */
export interface Prepared {
  readonly spec: EndpointSpec;
  readonly loaded: LoadedVersion | null;
  readonly arms: readonly LoadedArm[];
  readonly missing: readonly MissingArm[];
  readonly fallback: FallbackTarget | null;
  readonly failure: string | null;
  /** It is on its way, and took too long to be waited for. */
  readonly loading?: true;
}
