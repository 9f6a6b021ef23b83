import fc from "fast-check";
import { expect, test } from "vitest";
import { runEntity } from "../search/run-fields.ts";
import { goldens, type GoldenComparison } from "../search/testing/goldens.ts";
import type { Filter } from "./filter.ts";
import { listConjuncts, operators } from "./filter.ts";
import { parseFilter } from "./parse-filter.ts";
import { resolveComparison, toCondition } from "./to-condition.ts";

/** What MLflow refuses and we read, for no other meaning is possible. */
const beyond = new Set([
  "metrics.a > 1e+5",
  "metrics.a > +1",
  "metrics.a-b = 1",
  "metrics.a/b = 1",
  "metrics.1 = 1",
  "metrics.a:b = 1",
  "tags.a = 'x' OR tags.b = 'y'",
  "(tags.a = 'x')",
  "NOT tags.a = 'x'",
  "run_name IN ('a')",
  "start_time > '5'",
  "metrics.a IS NOT NULL",
]);

/** A key that is empty cannot have been logged. */
const notRead = new Set(["tags. = 'x'"]);

function read(text: string): readonly GoldenComparison[] | null {
  try {
    const filter = parseFilter(text);
    toCondition(filter, runEntity, { dialect: "sqlite", experimentIds: [0] });
    return listConjuncts(filter).map((comparison) => {
      const { group, key } = resolveComparison(comparison, runEntity);
      return { type: group.noun, key, comparator: comparison.operator, value: comparison.value };
    });
  } catch (error) {
    expect(error).toMatchObject({ code: "invalid_request" });
    return null;
  }
}

test.each(goldens("grammar"))("reads $text as MLflow's parser does", ({ text, parsed }) => {
  const ours = read(text);
  if (beyond.has(text)) expect([parsed, ours]).toEqual([null, expect.anything()]);
  else if (notRead.has(text)) expect(ours).toBeNull();
  else
    expect(ours).toEqual(
      parsed?.map((each) => (each.value === "1e999" ? { ...each, value: Number.POSITIVE_INFINITY } : each)) ?? null,
    );
});

test("NOT binds closest, then AND, then OR; parentheses come first", () => {
  const shape = (text: string) => show(parseFilter(text)!);
  expect(shape("a = '1' or b = '2' and not c = '3' or d = '4'")).toBe("(a | (b & !c) | d)");
  expect(shape("(a = '1' or b = '2') and not (c = '3' or d = '4')")).toBe("((a | b) & !(c | d))");
  expect(shape("not not a = '1'")).toBe("a");
  expect(shape("NOT NOT NOT a like 'x' AND b not like 'y'")).toBe("(!a & b)");
});

function show(filter: Filter): string {
  if (filter.kind === "comparison") return filter.key;
  if (filter.kind === "not") return `!${show(filter.of)}`;
  return `(${filter.of.map(show).join(filter.kind === "and" ? " & " : " | ")})`;
}

test.each([
  ["metrics.a > 1 AND metrics.b >", "at character 30"],
  ["metrics.a > 1 )", "stands where the end of the filter should be at character 15"],
  ["(metrics.a > 1", "where AND, OR or a closing parenthesis should be at character 15"],
  ["tags.a = 'x", "A text begins with ' and does not end at character 10"],
  ["tags.a == 'x'", 'Invalid comparator "==" at character 8'],
  ["OR", "the name of what is compared should be at character 1"],
  ["tags.a = 'x' OR", "the filter ends where the name of what is compared should be at character 16"],
  [
    "Metrics.a > 1",
    "Invalid entity type 'Metrics'. Valid values are metric, parameter, tag, attribute, dataset at character 1",
  ],
  ["lifecycle = 'x'", "Invalid attribute key 'lifecycle' specified"],
  ["metrics.a LIKE 'x'", "Invalid comparator 'LIKE' for metric 'a'"],
  ["metrics.a = 'x'", "Expected numeric value type for metric 'a'"],
  ["params.a = 5", "Expected a quoted string value for parameter 'a'"],
  ["tags.`a = 'x'", "A text begins with `"],
  ["tags.a = 'x' § tags.b = 'y'", '"§" cannot stand at character 14'],
])("says what is wrong with %s, and where", (text, message) => {
  const check = () => toCondition(parseFilter(text), runEntity, { dialect: "sqlite", experimentIds: [0] });
  expect(check).toThrow(message);
  expect(check).toThrow("Invalid clause(s) in filter string");
});

test("more than a database can take is refused with a reason", () => {
  const many = Array.from({ length: 1001 }, (_, i) => `tags.a${i} = 'x'`);
  expect(() => parseFilter(many.join(" OR "))).toThrow("more than 1000 comparisons");
  expect(parseFilter(many.slice(1).join(" OR "))).toMatchObject({ kind: "or" });
  expect(() => parseFilter(`${"(".repeat(200)}tags.a = 'x'${")".repeat(200)}`)).toThrow("nested more than 100 deep");
  const listed = Array.from({ length: 10_001 }, (_, i) => `'${i}'`).join(",");
  expect(() => parseFilter(`run_id IN (${listed})`)).toThrow("more than 10000 values");
});

const texts = fc.string({ unit: "grapheme" }).filter((text) => !/['\\]/.test(text));
const comparisons = fc.oneof(
  fc.record({
    key: fc.stringMatching(/^[a-z][\w.\-/]*$/),
    operator: fc.constantFrom("=", "!=", "LIKE", "ILIKE"),
    value: texts,
  }),
  fc.record({
    key: fc.stringMatching(/^[a-z]\w*$/),
    operator: fc.constantFrom("=", "<", ">="),
    value: fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0),
  }),
);
const filters: fc.Memo<string> = fc.memo((depth) =>
  depth <= 1
    ? comparisons.map(({ key, operator, value }) =>
        typeof value === "number" ? `metrics.${key} ${operator} ${value}` : `params."${key}" ${operator} '${value}'`,
      )
    : fc.oneof(
        filters(),
        fc.tuple(filters(), filters()).map(([a, b]) => `${a} AND ${b}`),
        fc.tuple(filters(), filters()).map(([a, b]) => `(${a} OR ${b})`),
        filters().map((a) => `NOT (${a})`),
      ),
);

test("whatever is written by the rules is read, with its values as they were", () => {
  fc.assert(
    fc.property(filters(3), (text) => {
      expect(toCondition(parseFilter(text), runEntity, { dialect: "sqlite", experimentIds: [0] })).not.toBeNull();
    }),
  );
  fc.assert(
    fc.property(comparisons, ({ key, operator, value }) => {
      const written = typeof value === "number" ? `${value}` : `'${value}'`;
      expect(parseFilter(`params.\`${key}\` ${operator} ${written}`)).toMatchObject({ key, operator, value });
    }),
  );
});

test("whatever else is written is refused by name, and by nothing else", () => {
  const pieces = fc.constantFrom(
    "metrics.",
    "a",
    "`",
    "'",
    '"',
    "(",
    ")",
    "AND",
    " OR ",
    "NOT ",
    "=",
    "<",
    ">",
    "1.5",
    "-",
    "e9",
    ",",
    "IN",
    " ",
    "\\",
    "tags.x",
    "é",
    ...operators,
  );
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 12 }), (parts) => {
      try {
        parseFilter(parts.join(""));
      } catch (error) {
        expect(error).toMatchObject({ code: "invalid_request" });
      }
    }),
    { numRuns: 2000 },
  );
});
