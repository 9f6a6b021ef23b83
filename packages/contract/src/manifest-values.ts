import { z } from "zod";
import { durationPattern } from "./duration.ts";

/** Values that several sections of `slipway.yaml` have. */
export const text = z.string().min(1).max(1000);
export const duration = z
  .string()
  .regex(durationPattern, "write a number and a unit (ms, s, m, h or d), such as 200ms");
