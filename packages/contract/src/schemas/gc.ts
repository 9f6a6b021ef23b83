import { z } from "zod";

export const gcRequest = z.object({
  dry_run: z.boolean().default(false).meta({ description: "Say what would go and change nothing" }),
  older_than_ms: z
    .int()
    .min(0)
    .default(86_400_000)
    .meta({ description: "What changed later stays: an upload may be under way. A day unless given" }),
  deleted_older_than_ms: z
    .int()
    .min(0)
    .default(30 * 86_400_000)
    .meta({
      description:
        "Deleted experiments, runs and logged models can be restored for so long; then they go with their artifacts. 30 days unless given",
    }),
  operations_older_than_ms: z
    .int()
    .min(0)
    .default(30 * 86_400_000)
    .meta({ description: "Ended operations are kept for so long; 30 days unless given" }),
});
export type GcRequest = z.infer<typeof gcRequest>;
export type NewGc = z.input<typeof gcRequest>;

const gcPart = z.object({
  count: z.int(),
  bytes: z.int(),
  examples: z.array(z.string()).meta({ description: "At most 10" }),
});

/** `result` of a gc that succeeded; with `dry_run` what would have gone. */
export const gcResult = z.object({
  dry_run: z.boolean(),
  older_than_ms: z.int(),
  bytes: z.int().meta({ description: "Of all parts together, but for runs and logged models, whose files are blobs" }),
  blobs: gcPart.meta({ description: "Files of no living version and no artifact" }),
  partial_uploads: gcPart,
  loaded_folders: gcPart.meta({ description: "Of versions that are not in memory; links cost no bytes of their own" }),
  damaged_files: gcPart.meta({ description: "What a recovery put aside" }),
  operations: gcPart.meta({ description: "Records of operations that ended long ago" }),
  experiments: gcPart.meta({ description: "Deleted long ago, with nothing left in them; examples are names" }),
  runs: gcPart.meta({ description: "Deleted long ago; bytes are those of their artifacts, whose blobs may be shared" }),
  logged_models: gcPart.meta({ description: "As runs" }),
  deleted_kept: z.int().meta({
    description: "Runs and logged models that were deleted long ago and stay, for living versions came from them",
  }),
  kept: z
    .object({
      count: z.int(),
      bytes: z.int(),
    })
    .meta({ description: "Files that nothing refers to and that stay: too young, promised or in use" }),
  not_replayable: z
    .array(z.string())
    .meta({ description: "Deleted versions that lose files: their predictions cannot be run again. At most 100" }),
});
export type GcResult = z.infer<typeof gcResult>;
