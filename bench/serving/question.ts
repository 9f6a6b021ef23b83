/** What is asked of a model, whatever the protocol: the same for every peer. */
export interface Question {
  readonly rows: number;
  readonly inputs: readonly QuestionInput[];
}

export interface QuestionInput {
  readonly name: string;
  readonly datatype: "FP32" | "INT64" | "BYTES";
  readonly shape: readonly number[];
  /** Row-major. */
  readonly data: Float32Array | readonly number[] | readonly string[];
}

/** What a model answered. Numbers of all outputs but labels, row by row; null where the peer does not tell labels. */
export interface Answer {
  readonly labels: readonly number[] | null;
  readonly numbers: readonly number[];
}

/** `[[1, 2], [3, 4]]` for a shape of [2, 2]. */
export function toNested({ shape, data }: Pick<QuestionInput, "shape" | "data">): unknown {
  let level: unknown[] = [...data];
  for (const size of shape.slice(1).toReversed())
    level = Array.from({ length: level.length / size }, (_, at) => level.slice(at * size, (at + 1) * size));
  return level;
}

/** One input as `{x: [[...], ...]}`; several as one record with a value for each, which is what they stand for in one row. */
export function toNamedJson({ inputs }: Question): string {
  const [first, ...others] = inputs;
  if (first !== undefined && others.length === 0) return JSON.stringify({ [first.name]: toNested(first) });
  return JSON.stringify(Object.fromEntries(inputs.map(({ name, data }) => [name, data[0]])));
}

/** The bytes of the one input, little-endian. */
export function toRawBytes({ inputs }: Question): Buffer {
  const [input, ...others] = inputs;
  if (input === undefined || others.length > 0) throw new Error("Raw bytes are for a question with one input.");
  return toTensorBytes(input);
}

/** Little-endian and without padding; a text is its length, 4 bytes, and UTF-8. */
export function toTensorBytes({ datatype, data }: QuestionInput): Buffer {
  if (datatype === "INT64") return Buffer.from(new BigInt64Array(Array.from(data, BigInt)).buffer);
  if (datatype === "FP32") return Buffer.from(Float32Array.from(data as ArrayLike<number>).buffer);
  return Buffer.concat(
    (data as readonly string[]).flatMap((text) => {
      const length = Buffer.alloc(4);
      length.writeUInt32LE(Buffer.byteLength(text));
      return [length, Buffer.from(text)];
    }),
  );
}

/** All numbers of a JSON value in the order in which they stand there. */
export function listNumbers(value: unknown): number[] {
  if (typeof value === "number") return [value];
  if (typeof value !== "object" || value === null) return [];
  return Object.values(value).flatMap(listNumbers);
}

/** An answer of named outputs, JSON of any nesting; an output `label` holds the labels. */
export function fromNamedOutputs(outputs: Readonly<Record<string, unknown>>): Answer {
  const { label, ...rest } = outputs;
  return { labels: label === undefined ? null : listNumbers(label), numbers: listNumbers(rest) };
}

export function fromFloats(bytes: Buffer): Answer {
  const aligned = Uint8Array.from(bytes);
  return { labels: null, numbers: [...new Float32Array(aligned.buffer)] };
}
