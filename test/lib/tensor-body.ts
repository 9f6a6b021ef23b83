/** A tensor of a request whose elements lie behind the JSON, as the binary extension of the Open Inference Protocol has it. */
export interface BinaryInput {
  readonly name: string;
  readonly datatype: string;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
}

export interface BinaryBody {
  readonly body: Uint8Array<ArrayBuffer>;
  /** For the header Inference-Header-Content-Length. */
  readonly headerLength: number;
}

/** An infer request of binary tensors; `rest` goes into its JSON. */
export function toBinaryBody(inputs: readonly BinaryInput[], rest: object = {}): BinaryBody {
  const json = Buffer.from(
    JSON.stringify({
      ...rest,
      inputs: inputs.map(({ bytes, ...tensor }) => ({ ...tensor, parameters: { binary_data_size: bytes.length } })),
    }),
  );
  const body = new Uint8Array(Buffer.concat([json, ...inputs.map(({ bytes }) => bytes)]));
  return { body, headerLength: json.length };
}

export function toBytes(data: Float32Array | Int32Array): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}
