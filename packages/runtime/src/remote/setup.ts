import { errorTable, SlipwayError, type ErrorCode, type ErrorDetails } from "@slipway/contract/errors";
import type { Device } from "../runtime.ts";
import type { Signature } from "../signature.ts";

/** What a process is told of a model that more than one loader could open. */
export interface RemoteModel {
  readonly flavor: string;
  /** Below the folder of the version. */
  readonly path: string;
  readonly options: Readonly<Record<string, unknown>>;
}

/** The text of the frame `open`. */
export interface RemoteSetup {
  /** Of the version's files. */
  readonly folder: string;
  /** Of the file to open, below the folder. */
  readonly path: string;
  /** Names of the tensors of a run and of its answer, in order. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly threads: number;
  readonly device: Device;
  /** The process that asks, without which the other end has no reason to live. */
  readonly parent: number;
  /** Of resident memory; beyond it the other end ends itself. Null: no bound. */
  readonly memoryBytes: number | null;
  /** A thread gives itself the lowest priority; a process begins with it. */
  readonly background?: true;
  /** Null where the file says all, as ONNX does. */
  readonly model: RemoteModel | null;
  /** Null: the process is to say what the model takes and gives, and may be asked to open again with what came of it. */
  readonly signature: Signature | null;
}

/** The text of the frames `unopened` and `failed`. */
interface RemoteError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly details: ErrorDetails;
}

export function encodeError(error: unknown): string {
  const { code, message, details }: RemoteError = SlipwayError.is(error)
    ? error
    : { code: "internal", message: error instanceof Error ? error.message : String(error), details: {} };
  return JSON.stringify({ code, message, details } satisfies RemoteError);
}

/** The other end may be another program: an unknown code counts as `model_failed`. */
export function decodeError(text: string): SlipwayError {
  const { code, message = "no reason given", details = {} } = JSON.parse(text) as Partial<RemoteError>;
  return new SlipwayError(
    code !== undefined && Object.hasOwn(errorTable, code) ? code : "model_failed",
    message,
    details,
  );
}
