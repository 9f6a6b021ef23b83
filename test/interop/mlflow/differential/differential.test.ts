import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { needs } from "../../../lib/needs.ts";
import { findMlflow3, useReference, useTrackingServer, whatMlflow3 } from "../tracking-server.ts";
import { modelSequence } from "./model-commands.ts";
import { registrySequence } from "./registry-commands.ts";
import { runSequence } from "./run-commands.ts";
import { World, type Command } from "./world.ts";

const bin = await findMlflow3();
const many = process.env["MODE"] === "all" || process.env["MODE"] === "chaos";

/** In `npm test` always the same sequences, so that nobody's change fails by chance; elsewhere new ones. */
const options = (few: number): fc.Parameters<[readonly Command[]]> => ({
  numRuns: Number(process.env["DIFFERENTIAL_RUNS"] ?? (many ? 20 * few : few)),
  // Making a failing sequence smaller takes minutes.
  ...(!many && { seed: 20_261_122, endOnFailure: true }),
  ...(process.env["DIFFERENTIAL_SEED"] !== undefined && { seed: Number(process.env["DIFFERENTIAL_SEED"]) }),
});

describe.skipIf(!needs(whatMlflow3, bin !== null, { inCi: "required" }))(
  "the same random calls of the real MLflow server and of us are answered alike",
  () => {
    const theirs = useReference(bin);
    const ours = useTrackingServer(bin);

    const alike = async (sequence: readonly Command[]): Promise<void> => {
      const world = new World(theirs.url, ours.url);
      for (const command of sequence) {
        expect(await world.run(command)).toEqual([]);
        if (world.over) break;
      }
    };

    const about = {
      "runs and experiments": runSequence,
      "logged models and files": modelSequence,
      registry: registrySequence,
    };
    test.each(Object.entries(about))("%s", { timeout: 3_600_000 }, (_, sequence) =>
      fc.assert(fc.asyncProperty(sequence, alike), options(6)),
    );
  },
);
