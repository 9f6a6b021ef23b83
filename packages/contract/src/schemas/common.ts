import { z } from "zod";
import { aliasPattern, modelNamePattern, namePattern } from "../address.ts";

export const name = z
  .string()
  .regex(namePattern)
  .meta({ description: "A name of an endpoint", example: "flight-delay" });
export const modelName = z
  .string()
  .regex(modelNamePattern)
  .meta({ description: "A name of a model", example: "flight-delay" });
export const alias = z.string().regex(aliasPattern).meta({ description: "An alias", example: "champion" });
export const versionNumber = z.int().min(1).meta({ description: "A version number, 1, 2, 3 … per model", example: 1 });
export const sha256 = z
  .string()
  .regex(/^[0-9a-f]{64}$/)
  .meta({ description: "SHA-256 in lower-case hex" });
export const id = z.string().meta({ description: "A UUIDv7; sorts by time" });
export const timestamp = z
  .string()
  .meta({ description: "RFC 3339, UTC, milliseconds", example: "2026-11-22T10:15:30.123Z" });
export const json = z.unknown().meta({ description: "Any JSON value" });

/** One page of a list; `next` goes into `cursor` of the following request. */
export function pageOf<T extends z.ZodType>(item: T) {
  return z.object({
    items: z.array(item),
    next: z.string().nullable().meta({ description: "The cursor of the next page; null on the last" }),
  });
}

export const pageQuery = z.object({
  limit: z.int().min(1).max(1000).default(50),
  cursor: z.string().optional(),
});

/** RFC 9457 problem details, the error format of `/api/v1`. */
export const problem = z.object({
  type: z.string().meta({ example: "https://slipway.dev/errors/model_not_found" }),
  title: z.string(),
  status: z.int(),
  detail: z.string().meta({ description: "What happened and why, then what to do" }),
  code: z.string(),
  retryable: z.boolean(),
  instance: z.string().optional().meta({ description: "Id of this occurrence, also in the server's log" }),
  details: z.record(z.string(), z.unknown()).optional(),
});
export type Problem = z.infer<typeof problem>;

/** Who changes something, and why. */
export const change = z.object({
  message: z.string().max(2000).optional().meta({ description: "Why, for the history" }),
});
