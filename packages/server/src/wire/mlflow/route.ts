import type { FastifyReply, FastifyRequest } from "fastify";
import { readFields, type Fields, type Input } from "./fields.ts";

export interface MlflowContext {
  /** Who asks; null on a server without tokens. */
  readonly author: string | null;
  readonly http: FastifyRequest;
  readonly reply: FastifyReply;
}

/** An object, JSON that is rendered already, or the reply where the handler has answered by itself. */
export type MlflowAnswer = object | Uint8Array | FastifyReply;

/** The parameters of the query or the body, and over them those of the path. */
export type RawInput = Readonly<Record<string, unknown>>;

/** One row of the table. */
export interface MlflowRoute {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Behind `/api/2.0`; `:name` is one segment of the path, and a parameter like those of the body. */
  readonly path: `/${string}`;
  /** `null`: at the path itself, which is no part of the API, such as `/get-artifact`. */
  readonly version: "2.0" | "3.0" | null;
  /** What a token must be good for. */
  readonly scope: "public" | "read" | "track" | "deploy" | "admin";
  /** Names of parameters that are lists, which a query repeats, and of booleans, which it writes as words. */
  readonly lists: readonly string[];
  readonly booleans: readonly string[];
  handler(input: RawInput, context: MlflowContext): Promise<MlflowAnswer>;
}

interface Given<F extends Fields> {
  readonly method: MlflowRoute["method"];
  readonly path: `/${string}`;
  readonly version?: "2.0" | "3.0" | null;
  readonly scope: MlflowRoute["scope"];
  readonly fields: F;
  handler(input: Input<F>, context: MlflowContext): Promise<MlflowAnswer>;
}

/** A row whose parameters are read by `fields`, in their order, before the handler is called. */
export function route<F extends Fields>({ fields, handler, version = "2.0", ...row }: Given<F>): MlflowRoute {
  const names = Object.keys(fields);
  return {
    ...row,
    version,
    lists: names.filter((name) => fields[name]!.repeated),
    booleans: names.filter((name) => fields[name]!.isBoolean === true),
    handler: (raw, context) => handler(readFields(fields, raw), context),
  };
}
