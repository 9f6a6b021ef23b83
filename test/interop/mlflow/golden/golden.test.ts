import { beforeAll, describe, expect, test } from "vitest";
import { needs } from "../../../lib/needs.ts";
import { findMlflow3, isReference, product, useTrackingServer, whatMlflow3 } from "../tracking-server.ts";
import { findUnexplained, findUnused, toLine } from "./allowed-differences.ts";
import { findSizes, readPairs, scenarios } from "./pairs.ts";
import { Replay, type Deviation } from "./replay.ts";

const bin = isReference ? await findMlflow3() : null;

describe.skipIf(isReference && !needs(whatMlflow3, bin !== null, { inCi: "required" }))(
  `the recorded traffic of a real client, replayed against ${product}`,
  () => {
    const server = useTrackingServer(bin);
    const deviations: Deviation[] = [];
    let replay: Replay;
    beforeAll(() => {
      replay = new Replay(server.url, findSizes(scenarios.flatMap(readPairs)));
    });

    test("is whole", () => expect(scenarios.flatMap(readPairs)).toHaveLength(263));

    test.each(scenarios)("%s: each answer is the recorded one, field by field", async (scenario) => {
      const found = await replay.run(scenario, readPairs(scenario));
      deviations.push(...found);
      expect(findUnexplained(found, isReference).map(toLine)).toEqual([]);
    });

    test("each difference that is allowed is there", () => {
      expect(findUnused(deviations, isReference).map(({ why }) => why)).toEqual([]);
    });
  },
);
