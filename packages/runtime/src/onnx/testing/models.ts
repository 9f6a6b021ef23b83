import { fileURLToPath } from "node:url";
import { createData, elementCount } from "../../datatype.ts";
import type { Signature } from "../../signature.ts";
import type { Datatype, NumericData, Tensor } from "../../tensor.ts";
import { describeSession } from "../describe.ts";
import { openSession } from "../session.ts";

/** The folder of the committed models; make-models.py says what each one is. */
export const modelFolder = fileURLToPath(new URL("models/", import.meta.url));

export function modelFiles(name: string) {
  return { folder: modelFolder, path: `${name}.onnx` };
}

/** The signature as the file shows it. */
export async function signatureOf(name: string): Promise<Signature> {
  const session = await openSession(`${modelFolder}${name}.onnx`, { threads: 1 });
  const signature = describeSession(session.inputs, session.outputs, name);
  await session.release();
  return signature;
}

/** A tensor of the given elements; numbers become bigints where the datatype wants them. */
export function tensorOf(
  name: string,
  datatype: Datatype,
  shape: readonly number[],
  elements: readonly (number | string)[],
): Tensor {
  if (datatype === "BYTES") return { name, datatype, shape, data: elements.map(String) };
  const data = createData(datatype, elementCount(shape)) as NumericData;
  elements.forEach((element, i) => {
    (data as { [index: number]: number | bigint })[i] = typeof data[0] === "bigint" ? BigInt(element) : Number(element);
  });
  return { name, datatype, shape, data };
}

export const irisRows = [5.1, 3.5, 1.4, 0.2, 6.4, 2.9, 4.3, 1.3, 5.9, 3.0, 5.1, 1.8];
/** What scikit-learn says of `irisRows`: make-models.py prints it. */
export const irisProbabilities = [0.98156, 0.01844, 0, 0.00707, 0.94298, 0.04995, 0.00048, 0.23489, 0.76464];
