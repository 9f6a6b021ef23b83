import { deploy } from "./deploy.ts";
import { flights, smallModel } from "./models.ts";

/** Long enough for a busy machine: what these models are asked is about inputs, not about time. */
export const patientServe = { timeout: "20s" };

/** One model for each way that inputs are taken: `flights` has columns, `matrix` a matrix, `packed` a matrix with named columns. */
export async function deployFacedModels(url: string): Promise<void> {
  const serve = patientServe;
  await deploy(url, flights.v1, { name: "flights", manifest: { serve, log: {} } });
  await deploy(url, smallModel("matrix"), { manifest: { serve } });
  const inputs = {
    a: "float32",
    b: "float32",
    c: { type: "int64", range: [0, 9] },
    d: { type: "float32", nullable: true },
  };
  const manifest = { serve, model: { path: "matrix.onnx", inputs } };
  await deploy(url, smallModel("matrix"), { name: "packed", manifest });
}
