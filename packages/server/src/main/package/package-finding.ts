import type { Finding } from "../doctor.ts";

export interface PackageFinding extends Finding {
  /** What programs may want to know of it. JSON-safe. */
  readonly details?: Readonly<Record<string, unknown>>;
}
