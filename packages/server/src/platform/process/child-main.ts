import { SlipwayError } from "@slipway/contract/errors";
import { enableCompileCache, flushCompileCache } from "node:module";
import type { Report, Task } from "./child-messages.ts";
import { endWithParent } from "./end-with-parent.ts";

/** The child: loads the module it is told, runs it, says the result over the channel, ends. */

function send(report: Report): Promise<void> {
  return new Promise((resolve) => {
    process.send?.(report, undefined, {}, () => resolve());
  });
}

async function work({ module, input }: Task): Promise<Report> {
  try {
    const { run } = (await import(module)) as {
      run: (input: unknown, onProgress: (progress: unknown) => void) => unknown;
    };
    return { kind: "result", result: await run(input, (progress) => void send({ kind: "progress", progress })) };
  } catch (error) {
    const known = SlipwayError.is(error);
    return {
      kind: "error",
      message: error instanceof Error ? error.message : String(error),
      code: known ? error.code : null,
      details: known ? error.details : {},
    };
  }
}

if (process.send !== undefined) {
  enableCompileCache();
  endWithParent();
  process.once("message", async (task: Task) => {
    const report = await work(task);
    // The parent kills this process when it has the report.
    flushCompileCache();
    await send(report);
    process.exit(0);
  });
}
