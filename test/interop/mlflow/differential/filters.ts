import fc from "fast-check";

const quoted = fc.constantFrom("'a'", "'A'", "'b'", "'0.1'", "'ab c'", '"a"', "'%a%'", "'_'", "'nothing'");
const singleQuoted = quoted.filter((text) => !text.startsWith('"'));
const number = fc.constantFrom("0", "1", "0.5", "-1", "1e10", "-0.5", "2");
const comparing = fc.constantFrom("=", "!=", ">", ">=", "<", "<=");
const matching = fc.constantFrom("=", "!=", "LIKE", "ILIKE", "like", "ilike");
/** Small letters are refused there where it is about anything but runs. */
const matchingLoud = fc.constantFrom("=", "!=", "LIKE", "ILIKE");
const metricKey = fc.constantFrom("loss", "acc", "`a/b`", "`sp ace`", '"sp ace"', "`x.y-z`");
const plainKey = fc.constantFrom("loss", "acc", "`a/b`", "`sp ace`");
const presence = fc.constantFrom("IS NULL", "IS NOT NULL", "is null");

const joined = (...parts: readonly fc.Arbitrary<string>[]): fc.Arbitrary<string> =>
  fc.tuple(...parts).map((words) => words.join(""));
const word = (text: string): fc.Arbitrary<string> => fc.constant(text);

const runClause = fc.oneof(
  joined(fc.constantFrom("metrics.", "metric."), metricKey, word(" "), comparing, word(" "), number),
  joined(fc.constantFrom("params.", "parameters.", "param."), metricKey, word(" "), matching, word(" "), quoted),
  joined(fc.constantFrom("tags.", "tag."), metricKey, word(" "), matching, word(" "), quoted),
  joined(fc.constantFrom("tags.", "params."), metricKey, word(" "), presence),
  joined(
    fc.constantFrom("status ", "attributes.status "),
    matching,
    word(" "),
    fc.constantFrom("'FINISHED'", "'RUNNING'", "'f%'"),
  ),
  joined(fc.constantFrom("run_name ", "attr.run_name ", "attributes.`run name` "), matching, word(" "), quoted),
  joined(word("user_id "), matching, word(" "), quoted),
  joined(
    fc.constantFrom("start_time ", "attributes.end_time ", "Created "),
    comparing,
    word(" "),
    fc.constantFrom("1700000004000", "5000"),
  ),
  joined(word("run_id "), fc.constantFrom("IN", "NOT IN", "in"), word(" ('{{run:0}}', '{{run:2}}')")),
  joined(word("attributes.run_id "), matching, word(" '{{run:1}}'")),
  joined(
    fc.constantFrom("dataset.", "datasets."),
    fc.constantFrom("name", "digest", "context"),
    word(" "),
    matching,
    word(" "),
    quoted,
  ),
  joined(word("dataset.name "), fc.constantFrom("IN", "NOT IN"), word(" ('a', 'b')")),
);

/** What is no filter; MLflow refuses each. */
const broken = fc.constantFrom(
  "metrics.loss > 'a'",
  "params.loss = 1",
  "what.x = 'a'",
  "metrics.loss",
  "params.a > 'b'",
  "loss",
  "= 1",
  "metrics.loss LIKE 1",
  "tags.a == 'b'",
  "lifecycle_stage = 'active'",
  "attributes.nothing = 'a'",
  "dataset.size = 'a'",
  "start_time = 'now'",
  "run_id = 5",
);

const anded = (clause: fc.Arbitrary<string>, refused: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc.oneof(
    { weight: 12, arbitrary: fc.array(clause, { minLength: 1, maxLength: 3 }).map((all) => all.join(" and ")) },
    { weight: 2, arbitrary: word("") },
    { weight: 1, arbitrary: refused },
  );

export const runFilter = anded(runClause, broken);

export const runOrder = fc.uniqueArray(
  joined(
    fc.oneof(
      joined(word("metrics."), metricKey),
      joined(word("params."), metricKey),
      joined(word("tags."), metricKey),
      fc.constantFrom("attributes.start_time", "status", "run_name", "user_id", "attribute.end_time", "Created"),
    ),
    fc.constantFrom("", " ASC", " DESC", " desc"),
  ),
  // The same field twice is a 500 there.
  { maxLength: 2, selector: (order) => order.replaceAll(/ (asc|desc)$|[`"]|attributes?\./gi, "") },
);

const experimentClause = fc.oneof(
  joined(word("name "), matchingLoud, word(" "), fc.constantFrom("'{{mark}}-e0'", "'%-e1'", "'{{mark}}%'", "'%-E2'")),
  joined(word("attribute.name "), matchingLoud, word(" '{{mark}}-e1'")),
  joined(fc.constantFrom("creation_time ", "last_update_time "), comparing, word(" 1000")),
  joined(fc.constantFrom("tags.", "tag."), metricKey, word(" "), matchingLoud, word(" "), quoted),
  joined(word("tags."), metricKey, word(" "), fc.constantFrom("IS NULL", "IS NOT NULL")),
);
const brokenForExperiments = fc.constantFrom(
  "metrics.x > 1",
  "name > 'a'",
  "creation_time = 'a'",
  "params.x = 'a'",
  "nothing = 'a'",
);
export const experimentFilter = anded(experimentClause, brokenForExperiments);
export const experimentOrder = fc.uniqueArray(
  joined(
    fc.constantFrom("name", "experiment_id", "creation_time", "last_update_time"),
    fc.constantFrom("", " ASC", " DESC"),
  ),
  { maxLength: 2, selector: (order) => order.split(" ")[0] },
);

const loggedModelClause = fc.oneof(
  joined(fc.constantFrom("name ", "attributes.name ", "model_type "), matchingLoud, word(" "), singleQuoted),
  joined(word("name "), fc.constantFrom("IN", "NOT IN"), word(" ('a', 'b')")),
  joined(word("metrics."), plainKey, word(" "), comparing, word(" "), number),
  joined(fc.constantFrom("params.", "tags."), plainKey, word(" "), matchingLoud, word(" "), singleQuoted),
  joined(word("source_run_id "), fc.constantFrom("=", "!="), word(" '{{run:0}}'")),
  joined(word("creation_timestamp "), comparing, word(" 5000")),
);
const brokenForModels = fc.constantFrom("nothing = 'a'", "params.x > 'a'", "metrics.x = 'a'");
export const loggedModelFilter = anded(loggedModelClause, brokenForModels);

const registryTag = fc.constantFrom(
  "tags.k = 'a'",
  "tag.k != 'a'",
  "tags.k ILIKE 'A%'",
  "tags.`sp ace` LIKE '%b%'",
  "tags.k != 'b'",
);
const nameClause = joined(
  word("name "),
  matchingLoud,
  word(" "),
  fc.constantFrom("'{{mark}}-m0'", "'{{mark}}%'", "'%M1'", "'%m2'"),
);
export const registeredModelFilter = anded(
  fc.oneof(nameClause, registryTag),
  fc.constantFrom("name > 'a'", "run_id = 'a'", "x.k = 'a'", "name = a"),
);
export const versionFilter = anded(
  fc.oneof(
    nameClause,
    registryTag,
    joined(word("version_number "), comparing, word(" "), fc.constantFrom("1", "2")),
    joined(word("run_id "), fc.constantFrom("=", "IN"), word(" ('{{run:0}}')")).map((clause) =>
      clause.includes("IN") ? clause : clause.replaceAll(/[()]/g, ""),
    ),
    joined(word("source_path "), fc.constantFrom("=", "LIKE"), fc.constantFrom(" '%/1'", " 's3://bucket/1'")),
  ),
  fc.constantFrom("name > 'a'", "stage = 'a'", "x.k = 'a'", "version_number = 'a'", "source = 'a'"),
);
