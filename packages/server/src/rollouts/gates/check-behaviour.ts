import { readFile } from "node:fs/promises";
import { parseBehaviour, SlipwayError } from "@slipway/contract";
import { parseYaml } from "../../packaging/index.ts";
import type { PairedDeps } from "../compare/paired-versions.ts";
import { withAsked } from "./ask-records.ts";
import type { GateFiles } from "./gate-files.ts";
import { addressOf, type Check } from "./gate.ts";
import { runBehaviour, type TestOutcome } from "./judge-behaviour.ts";

export interface BehaviourDeps extends PairedDeps {
  readonly files: GateFiles;
}

/** `behaviour`: what the model must do whatever it has learned. */
export function createBehaviourCheck(deps: BehaviourDeps, path: string): Check {
  return async ({ candidate, endpoint, signal, onProgress }) => {
    const file = await deps.files.require({ ...candidate, path });
    const text = await readFile(deps.blobs.path(file.sha256), "utf8");
    const { tests } = parseBehaviour(parseYaml(text, path), path);
    const outcomes: TestOutcome[] = [];
    const { key, fields } = endpoint.spec.log;
    const extraFields = new Set(key === null ? fields : [...fields, key]);
    await withAsked(deps, { version: candidate, signal, extraFields }, async (ask) => {
      for (const test of tests) {
        onProgress(`behaviour: ${test.name}`);
        outcomes.push(
          await runBehaviour(test, ask).catch((error: unknown) => {
            if (!SlipwayError.is(error) || error.kind !== "invalid") throw error;
            throw new SlipwayError(error.code, `${test.name}: ${error.message}`, error.details);
          }),
        );
      }
    });
    const evidence = { file: path, file_sha256: file.sha256, tests: outcomes };
    if (outcomes.length === 0) return { verdict: "no_data", message: `${path} has no tests.`, evidence };
    const failed = outcomes.filter(({ passed }) => !passed);
    const cases = outcomes.reduce((sum, outcome) => sum + outcome.cases, 0);
    const [first] = failed;
    if (first === undefined)
      return {
        verdict: "pass",
        message: `${addressOf(candidate)} passes ${outcomes.length} behaviour tests (${cases} cases).`,
        evidence,
      };
    const why = first.examples[0]?.why ?? "";
    return {
      verdict: "fail",
      message: `${addressOf(candidate)} fails ${failed.map(({ name }) => JSON.stringify(name)).join(", ")}: ${first.failed} of ${first.cases} cases; ${why}.`,
      evidence,
    };
  };
}
