import { Worker } from "node:worker_threads";

export interface ScalarScript {
  /** The browser script of the API reference, gzipped. Made when it is first asked for; a failure is not kept. */
  gzipped(): Promise<Buffer>;
}

export function createScalarScript(): ScalarScript {
  let script: Promise<Buffer> | null = null;
  return {
    gzipped() {
      script ??= extract().catch((error: unknown) => {
        script = null;
        throw error;
      });
      return script;
    },
  };
}

async function extract(): Promise<Buffer> {
  const module = import.meta.resolve("@scalar/fastify-api-reference");
  const extension = import.meta.url.endsWith(".ts") ? ".ts" : ".js";
  const worker = new Worker(new URL(`./scalar-worker${extension}`, import.meta.url), { workerData: { module } });
  try {
    return await new Promise((resolve, reject) => {
      worker.once("message", (bytes: Uint8Array) => resolve(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)));
      worker.once("error", reject);
      worker.once("exit", () => reject(new Error("The thread that reads Scalar's script ended without it.")));
    });
  } finally {
    await worker.terminate();
  }
}
