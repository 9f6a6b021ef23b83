import { join } from "node:path";
import { createPackaging, type Packaging } from "../packaging/index.ts";
import { createLake } from "../platform/lake/index.ts";
import type { ModelRuntimes } from "./runtimes.ts";
import type { KeepingGiven } from "./keeping.ts";

const mostMemory = 512 * 2 ** 20;

/** What looks at deployed files, with a process of its own for examples in tables: a deploy is rare and waits for nobody. */
export function openPackaging(
  given: Pick<KeepingGiven, "config" | "storage" | "clock" | "logger" | "lifecycle"> & {
    readonly runtimes: ModelRuntimes;
  },
): Packaging {
  const { config, storage, runtimes, clock, logger, lifecycle } = given;
  const tempFolder = join(storage.folder, "tmp");
  const lake = createLake({ memoryBytes: mostMemory, threads: 1, idleMs: 10_000, tempFolder, clock, logger });
  lifecycle.onStop("packaging", () => lake.close());
  return createPackaging({
    probeTimeoutMs: config.probeTimeout,
    probeMemoryBytes: config.probeMemory,
    lake,
    python: runtimes.python,
    oip: runtimes.oip,
  });
}
