import fc from "fast-check";
import * as filters from "./filters.ts";
import { firstExperiment, makeRun } from "./run-commands.ts";
import * as words from "./words.ts";
import type { Command, Json } from "./world.ts";

const { fields, mostly, run, text, whole } = words;

const name = mostly(["{{mark}}-m0", "{{mark}}-m0", "{{mark}}-m1", "{{mark}}-m2"], ["{{mark}}-none", ""]);
const newName = mostly(["{{mark}}-m0", "{{mark}}-m2"], ["", "a/b", "a:b"]);
const version = mostly(["1", "2", "3"], ["9", "x", "0", "-1"]);
const alias = mostly(["champion", "Other-1_x", "c"], ["latest", "v2", "a b", ""]);
const stage = mostly(["Staging", "Production", "None", "Archived", "production"], ["Nowhere", ""]);
const key = mostly(["k", "sp ace", "a.b"], ["", "k".repeat(251), "a//b"]);
const goodKey = fc.constantFrom("k", "sp ace", "a.b");
const tags = fc.uniqueArray(fc.record({ key, value: words.listedText }), { maxLength: 2, selector: (tag) => tag.key });
const source = mostly(
  ["s3://bucket/1", "s3://bucket/deep/2"],
  ["", "s3://bucket/../1", "models:/{{mark}}-m0/1", "/etc", "file:///etc"],
);

const send = (method: Command["method"], path: string, body: fc.Arbitrary<Json>): fc.Arbitrary<Command> =>
  body.map((made) => ({ method, path: `/mlflow/${path}`, body: made }));
const get = (path: string, query: Readonly<Record<string, fc.Arbitrary<string>>>): fc.Arbitrary<Command> =>
  fc.record(query).map((made) => ({
    method: "GET",
    path: `/mlflow/${path}`,
    query: Object.entries<string>(made),
  }));

const makeModel = send(
  "POST",
  "registered-models/create",
  fields({ name: newName, tags, description: text }, ["name"]),
);
const makeVersion = send(
  "POST",
  "model-versions/create",
  fields({ name, source, run_id: run, tags, description: text, run_link: fc.constant("http://x") }, ["name", "source"]),
);

const orders = (fieldNames: readonly string[]): fc.Arbitrary<readonly string[]> =>
  fc.uniqueArray(
    fc
      .tuple(mostly(fieldNames, ["nothing"]), fc.constantFrom("", " ASC", " DESC", " desc"))
      .map((both) => both.join("")),
    { maxLength: 2, selector: (order) => order.split(" ")[0] },
  );

const search = (path: string, [filter, order]: readonly [fc.Arbitrary<string>, fc.Arbitrary<readonly string[]>]) =>
  fc.tuple(filter, order, mostly(["1", "2", "100"], ["200001"])).map(([text_, order_by, max]): Command => {
    const mine = text_ === "" ? "name LIKE '{{mark}}%'" : `name LIKE '{{mark}}%' AND ${text_}`;
    const ordered = order_by.map((one): [string, string] => ["order_by", one]);
    return {
      method: "GET",
      path: `/mlflow/${path}`,
      query: [["filter", mine], ["max_results", max], ...ordered],
      pages: true,
    };
  });

const commands: readonly fc.Arbitrary<Command>[] = [
  makeModel,
  makeVersion,
  makeVersion,
  get("registered-models/get", { name }),
  get("registered-models/get", { name }),
  send("PATCH", "registered-models/update", whole({ name, description: text })),
  send("POST", "registered-models/set-tag", whole({ name, key, value: text })),
  send("DELETE", "registered-models/delete-tag", whole({ name, key: goodKey })),
  send("POST", "registered-models/alias", whole({ name, alias, version })),
  send("POST", "registered-models/alias", whole({ name, alias, version })),
  send("DELETE", "registered-models/alias", whole({ name, alias: fc.constantFrom("champion", "c") })),
  get("registered-models/alias", { name, alias: fc.constantFrom("champion", "c", "Other-1_x") }),
  send(
    "POST",
    "registered-models/get-latest-versions",
    fields({ name, stages: fc.array(fc.constantFrom("Staging", "None", "Archived"), { maxLength: 2 }) }, ["name"]),
  ),
  name.map((made): Command => ({
    method: "GET",
    path: "/mlflow/registered-models/get-latest-versions",
    query: [
      ["name", made],
      ["stages", "Production"],
      ["stages", "None"],
    ],
  })),
  get("model-versions/get", { name, version }),
  get("model-versions/get", { name, version }),
  get("model-versions/get-download-uri", { name, version }),
  send("PATCH", "model-versions/update", whole({ name, version, description: text })),
  send(
    "POST",
    "model-versions/transition-stage",
    whole({ name, version, stage, archive_existing_versions: fc.boolean() }),
  ),
  send("POST", "model-versions/set-tag", whole({ name, version, key, value: text })),
  send("DELETE", "model-versions/delete-tag", whole({ name, version, key: goodKey })),
  search("registered-models/search", [
    filters.registeredModelFilter,
    orders(["name", "timestamp", "last_updated_timestamp"]),
  ]),
  search("model-versions/search", [
    filters.versionFilter,
    orders(["name", "version_number", "creation_timestamp", "last_updated_timestamp"]),
  ]),
];

const rare: readonly fc.Arbitrary<Command>[] = [
  send("DELETE", "model-versions/delete", whole({ name, version })),
  // A name that is used again begins at 1 there; our numbers go on.
  send("DELETE", "registered-models/delete", whole({ name: fc.constantFrom("{{mark}}-m1") })),
  send(
    "POST",
    "registered-models/rename",
    whole({ name: fc.constantFrom("{{mark}}-m1"), new_name: fc.constantFrom("{{mark}}-m0", "a/b") }),
  ),
];

const first = (made: Json): fc.Arbitrary<Command> =>
  fc.constant({ method: "POST", path: "/mlflow/registered-models/create", body: made });

/** Sequences about registered models, beginning with two of them and a run. */
export const registrySequence: fc.Arbitrary<readonly Command[]> = fc
  .tuple(
    fc.tuple(
      firstExperiment,
      makeRun,
      first({ name: "{{mark}}-m0" }),
      first({ name: "{{mark}}-m1" }),
      makeVersion,
      makeVersion,
    ),
    fc.array(
      fc.oneof(
        ...commands.map((arbitrary) => ({ weight: 4, arbitrary })),
        ...rare.map((arbitrary) => ({ weight: 1, arbitrary })),
      ),
      { minLength: 10, maxLength: 40, size: "max" },
    ),
  )
  .map(([opening, rest]) => [...opening, ...rest]);
