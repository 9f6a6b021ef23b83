import type { Replica, Runtime } from "../runtime.ts";
import type { Signature } from "../signature.ts";
import { createInputAdapter } from "./adapter-inputs.ts";
import { createOutputAdapter } from "./adapter-outputs.ts";

/**
 * How the tensors of a model in another format become those of the ONNX file that it was translated to, and back.
 * JSON-safe: it is stored with the version.
 */
export interface OnnxAdapter {
  readonly version: 1;
  /** What the ONNX file itself takes and gives; never packed. */
  readonly inner: Signature;
  /** One for each input of the file, in its order. */
  readonly inputs: readonly AdaptedInput[];
  /** One for each output that callers see, in the order of their signature. */
  readonly outputs: readonly AdaptedOutput[];
  /** The text by which the file knows that a text is missing. Null: no column of text may lack a value. */
  readonly missingText: string | null;
  /** By the name of the caller's input. Left out: the original takes every value. */
  readonly refused: Readonly<Record<string, RefusedValues>>;
}

export interface AdaptedInput {
  /** Which inputs of the caller, by their place in the signature, are its columns. */
  readonly columns: readonly number[];
}

export interface AdaptedOutput {
  /** The file's own name of it. */
  readonly from: string;
  /** Only this column of a matrix. Left out: all of it. */
  readonly column?: number;
}

/** What the original answers with an error, and a file of ONNX would answer with something. */
export interface RefusedValues {
  /** A missing number or text. */
  readonly missing?: true;
  readonly infinite?: true;
  /** Finite numbers beyond these, which are taken. */
  readonly limits?: readonly [least: number, most: number];
  /** All texts and numbers but these. */
  readonly others?: readonly (string | number)[];
}

/**
 * A runtime of ONNX files as one of what they are translations of: signatures, tensors, and the copies that
 * `OpenOptions.check` sees are those of the original.
 */
export function adaptRuntime(runtime: Runtime, adapter: OnnxAdapter): Runtime {
  return {
    async open(files, signature, { check, ...options }) {
      const adapt = (replica: Replica) => adaptReplica(replica, signature, adapter);
      const inner = { ...options, ...(check && { check: (copy: Replica) => check(adapt(copy)) }) };
      return adapt(await runtime.open(files, adapter.inner, inner));
    },
  };
}

function adaptReplica(replica: Replica, signature: Signature, adapter: OnnxAdapter): Replica {
  const toInner = createInputAdapter(signature, adapter);
  const toOuter = createOutputAdapter(signature, adapter);
  return {
    ...(replica.depth !== undefined && { depth: replica.depth }),
    get ready() {
      return replica.ready ?? true;
    },
    get trouble() {
      return replica.trouble ?? null;
    },
    whenReady: () => replica.whenReady?.() ?? Promise.resolve(),
    run: async (inputs, hints) => toOuter(await replica.run(toInner(inputs), hints)),
    close: () => replica.close(),
  };
}
