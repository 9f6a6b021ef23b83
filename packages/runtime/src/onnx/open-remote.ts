import { join } from "node:path";
import type { OpenModel } from "../remote/serve-frames.ts";
import type { RemoteSetup } from "../remote/setup.ts";
import { openSession } from "./session.ts";

/** What a worker thread and a process of an ONNX model open. */
export async function openRemoteModel({ folder, path, outputs, threads, device }: RemoteSetup): Promise<OpenModel> {
  const session = await openSession(join(folder, path), { threads, device });
  return { run: (inputs) => session.run(inputs, outputs), release: () => session.release() };
}
