import { beforeAll, describe, expect, test } from "vitest";
import { needs } from "../../../lib/needs.ts";
import { runChecks } from "../../python-checks.ts";
import {
  findMlflow2,
  findMlflow3,
  isReference,
  product,
  useTrackingServer,
  whatMlflow2,
  whatMlflow3,
} from "../tracking-server.ts";

const everything = process.env["MODE"] === "all" || process.env["MODE"] === "chaos" || isReference;
const three = await findMlflow3();
const two = await findMlflow2();

/** The checks of each module of all_checks.py. */
const modules: Readonly<Record<string, string>> = {
  log_runs: `fluent_logging resume_and_fail params_do_not_change nested_runs thousand_steps latest_metric async_logging
    dataset_inputs system_metrics files files_in_parts images_and_figures delete_files refusals`,
  find_runs: "filters bad_filters order pages compare delete_and_restore_runs rename_runs experiments",
  register_models: "models versions aliases stages searches copy",
  log_models: "sklearn pyfunc onnx pytorch autolog autolog_boosters logged_models load_by_every_address",
};
const listChecks = (wanted: readonly string[]): readonly string[] =>
  wanted.flatMap((module) => modules[module]!.split(/\s+/).map((check) => `${module}.${check}`));

const clients = [
  { version: "3.17.2", bin: three, what: whatMlflow3, wanted: Object.keys(modules) },
  // What it shares with the newer one takes seconds again: all of it in `--mode all`.
  {
    version: "2.22.5",
    bin: two,
    what: whatMlflow2,
    wanted: everything ? Object.keys(modules) : ["log_models"],
  },
];

describe.each(clients)("a data scientist with the MLflow client $version", ({ bin, what, wanted }) => {
  const present = needs(what, bin !== null && (!isReference || three !== null), { inCi: "required" });
  describe.skipIf(!present)(`and ${product}`, () => {
    const server = useTrackingServer(three);
    const listed = listChecks(wanted);
    let said: ReadonlyMap<string, string | null> = new Map();

    beforeAll(async () => {
      said = await runChecks(bin!, "mlflow/scientist/all_checks.py", [server.url, ...wanted]);
    }, 300_000);

    test.each(listed)("%s", (check) => expect(said.get(check)).toBeNull());
    test("all checks of the script are in the list", () =>
      expect([...said.keys()].toSorted()).toEqual(listed.toSorted()));
  });
});
