import type { ProcessUser } from "@slipway/runtime";
import {
  createCompare,
  createGates,
  type Compare,
  type CompareDeps,
  type Gates,
  type GatesDeps,
} from "../rollouts/index.ts";

export interface GatesGiven extends Omit<GatesDeps, "url">, CompareDeps {
  readonly url: () => string;
  /** Whom the gates' own commands run as; null: whom the server runs as. */
  readonly user: ProcessUser | null;
}

/** What looks at versions before and beside their rollouts. */
export function openGates({ url, ...deps }: GatesGiven): { readonly compare: Compare; readonly gates: Gates } {
  return { compare: createCompare(deps), gates: createGates({ ...deps, url: () => toLocal(url()) }) };
}

/** A server that listens on every address is reached by the machine's own. */
function toLocal(url: string): string {
  return url.replace("//0.0.0.0:", "//127.0.0.1:").replace("//[::]:", "//[::1]:");
}
