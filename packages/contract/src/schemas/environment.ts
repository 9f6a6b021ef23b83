import { z } from "zod";
import { pageOf, sha256, timestamp } from "./common.ts";

/** A Python environment, which all versions with the same lock share. */
export const environment = z
  .object({
    hash: sha256.meta({ description: "SHA-256 of the lock" }),
    python: z.string().meta({ example: "3.11.7" }),
    packages: z.int(),
    size_bytes: z.int(),
    overlay: z
      .boolean()
      .meta({ description: "Packages that were tried out over another environment; no version needs it" }),
    versions: z.array(z.string()).meta({ description: "Living versions that use it", example: ["churn@3"] }),
    created_at: timestamp,
    last_used_at: timestamp.meta({ description: "When a server asked for it last" }),
  })
  .meta({ description: "A Python environment on the server's disk" });
export type PythonEnvironment = z.infer<typeof environment>;
export const environmentPage = pageOf(environment);

const hash = z
  .string()
  .regex(/^[0-9a-f]{4,64}$/, "must be a hash, or the beginning of one with 4 digits or more")
  .meta({ description: "The hash, or its beginning" });

export const environmentVerifyRequest = z.object({
  hash: hash.optional().meta({ description: "Left out: all environments" }),
});
export type NewEnvironmentVerification = z.input<typeof environmentVerifyRequest>;

/** `result` of a verification that succeeded, whatever it found. */
export const environmentVerifyResult = z.object({
  environments: z.array(
    z.object({
      hash: sha256,
      files: z.int().meta({ description: "Files that were compared" }),
      problems: z.array(z.string()).meta({ description: "None: it is whole" }),
    }),
  ),
});
export type EnvironmentVerifyResult = z.infer<typeof environmentVerifyResult>;

export const environmentPruneRequest = z.object({
  dry_run: z.boolean().default(false).meta({ description: "Say what would go and change nothing" }),
  older_than_ms: z
    .int()
    .min(0)
    .default(7 * 86_400_000)
    .meta({ description: "What was used within this time stays; 7 days unless given" }),
});
export type EnvironmentPruneRequest = z.infer<typeof environmentPruneRequest>;
export type NewEnvironmentPrune = z.input<typeof environmentPruneRequest>;

const sized = z.object({ hash: sha256, size_bytes: z.int() });

/** `result` of a prune that succeeded; with `dry_run` what would have gone. */
export const environmentPruneResult = z.object({
  dry_run: z.boolean(),
  bytes: z.int(),
  removed: z.array(sized),
  kept: z
    .array(sized)
    .meta({ description: "No version needs them, but they were used lately or another server uses them" }),
});
export type EnvironmentPruneResult = z.infer<typeof environmentPruneResult>;

export const environmentRebuildRequest = z.object({
  offline: z.boolean().default(false).meta({ description: "With nothing but packages that were fetched before" }),
});
export type EnvironmentRebuildRequest = z.infer<typeof environmentRebuildRequest>;
export type NewEnvironmentRebuild = z.input<typeof environmentRebuildRequest>;
