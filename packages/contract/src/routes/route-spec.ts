import type { z } from "zod";
import type { ErrorCode } from "../errors.ts";

/** What a token must be good for; `public` needs none. */
export type Scope = "public" | "infer" | "read" | "track" | "deploy" | "admin";

export interface RouteSpec {
  readonly method: "GET" | "PUT" | "POST" | "PATCH" | "DELETE" | "HEAD";
  /** OpenAPI template; every `{name}` is a string. */
  readonly path: string;
  readonly tag: string;
  readonly summary: string;
  readonly scope: Scope;
  readonly query?: z.ZodObject;
  /** JSON body, checked by the server; a hot route parses its body by itself. */
  readonly body?: z.ZodType;
  /** `stream`: the body is raw bytes. */
  readonly rawBody?: "application/octet-stream";
  readonly status: number;
  readonly answer?: z.ZodType;
  /** The content type of an answer that is raw bytes. */
  readonly rawAnswer?: string;
  /** Answers server-sent events, each `data` of this schema. */
  readonly events?: z.ZodType;
  readonly errors: readonly ErrorCode[];
}
