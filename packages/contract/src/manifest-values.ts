import { z } from "zod";
import { durationPattern } from "./duration.ts";

/** Values that several sections of `slipway.yaml` have. */
export const text = z.string().min(1).max(1000);
export const duration = z
  .string()
  .regex(durationPattern, "write a number and a unit (ms, s, m, h or d), such as 200ms");
export const value = z.union([z.string().max(1000), z.number(), z.boolean()]);
export const clockTime = z
  .string()
  .regex(/^(?:[01]\d|2[0-3]):[0-5]\d$/, "write a time of the day in UTC, such as 02:00");
export const days = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"] as const;
