import fc from "fast-check";

/** A run as a search sees it, and searches of lists of them: the simple way to say what an answer must be. */
export interface SimpleRun {
  readonly n: number;
  readonly id: string;
  readonly experiment: number;
  readonly isDeleted: boolean;
  readonly start: number | null;
  readonly end: number | null;
  readonly name: string;
  readonly metrics: Readonly<Record<string, number>>;
  readonly params: Readonly<Record<string, string>>;
}

export type Condition =
  | {
      readonly kind: "metric";
      readonly key: string;
      readonly operator: "<" | ">=" | "=" | "!=";
      readonly value: number;
    }
  | {
      readonly kind: "param";
      readonly key: string;
      readonly operator: "=" | "!=" | "IS NULL" | "IS NOT NULL";
      readonly value: string;
    }
  | { readonly kind: "name"; readonly value: string }
  | { readonly kind: "end"; readonly value: number }
  | { readonly kind: "and" | "or"; readonly of: readonly Condition[] }
  | { readonly kind: "not"; readonly of: Condition };

export interface Term {
  readonly kind: "metric" | "param" | "start" | "end" | "name";
  readonly key: string;
  readonly isDescending: boolean;
}

export function write(condition: Condition): string {
  switch (condition.kind) {
    case "metric":
      return `metrics.${condition.key} ${condition.operator} ${condition.value}`;
    case "param":
      return `params.${condition.key} ${condition.operator}${condition.operator.startsWith("IS") ? "" : ` '${condition.value}'`}`;
    case "name":
      return `run_name = '${condition.value}'`;
    case "end":
      return `end_time > ${condition.value}`;
    case "not":
      return `NOT (${write(condition.of)})`;
    default:
      return condition.of.map((each) => `(${write(each)})`).join(condition.kind === "and" ? " AND " : " OR ");
  }
}

export function writeTerm({ kind, key, isDescending }: Term): string {
  const name = {
    metric: `metrics.${key}`,
    param: `params.${key}`,
    start: "start_time",
    end: "end_time",
    name: "run_name",
  }[kind];
  return `${name} ${isDescending ? "DESC" : "ASC"}`;
}

export function satisfies(run: SimpleRun, condition: Condition): boolean {
  switch (condition.kind) {
    case "metric": {
      const value = run.metrics[condition.key];
      if (value === undefined) return false;
      if (condition.operator === "=") return value === condition.value;
      if (condition.operator === "!=") return value !== condition.value;
      return condition.operator === "<" ? value < condition.value : value >= condition.value;
    }
    case "param": {
      const value = run.params[condition.key];
      if (condition.operator === "IS NULL") return value === undefined;
      if (value === undefined) return false;
      if (condition.operator === "IS NOT NULL") return true;
      return (value === condition.value) === (condition.operator === "=");
    }
    case "name":
      return run.name === condition.value;
    case "end":
      return run.end !== null && run.end > condition.value;
    case "not":
      return !satisfies(run, condition.of);
    case "and":
      return condition.of.every((each) => satisfies(run, each));
    default:
      return condition.of.some((each) => satisfies(run, each));
  }
}

export function inOrder(runs: readonly SimpleRun[], terms: readonly Term[]): readonly SimpleRun[] {
  const hasStart = terms.some(({ kind }) => kind === "start");
  const all = hasStart ? terms : [...terms, { kind: "start", key: "", isDescending: true } as const];
  return runs.toSorted((a, b) => {
    for (const term of all) {
      const compared = compareBy(term, a, b);
      if (compared !== 0) return compared;
    }
    return a.id < b.id ? -1 : 1;
  });
}

function compareBy({ kind, key, isDescending }: Term, a: SimpleRun, b: SimpleRun): number {
  const value = ({ metrics, params, start, end, name }: SimpleRun) =>
    ({ metric: metrics[key], param: params[key], start, end, name })[kind] ?? null;
  const rank = (each: number | string | null) => (each === null ? 2 : Number.isNaN(each) ? 1 : 0);
  const [x, y] = [value(a), value(b)];
  if (rank(x) !== rank(y) || rank(x) > 0) return rank(x) - rank(y);
  if (x === y) return 0;
  const isBefore = x! < y!;
  return isBefore === isDescending ? 1 : -1;
}

const metricValues = fc.constantFrom(-1, 0, 0.5, 1, Number.NaN);
const texts = fc.constantFrom("a", "B", "ä");
const keys = fc.constantFrom("x", "y");

export const someRuns: fc.Arbitrary<readonly SimpleRun[]> = fc
  .array(
    fc.record({
      experiment: fc.constantFrom(1, 2, 3),
      isDeleted: fc.boolean(),
      start: fc.option(fc.constantFrom(100, 200), { freq: 5 }),
      end: fc.option(fc.constantFrom(300, 400)),
      name: texts,
      metrics: fc.dictionary(keys, metricValues, { noNullPrototype: true }),
      params: fc.dictionary(keys, texts, { noNullPrototype: true }),
    }),
    { minLength: 1, maxLength: 40 },
  )
  .map((runs) => runs.map((run, i) => ({ ...run, n: i + 1, id: `${(i * 7919) % 100}-${i}` })));

const simple: fc.Arbitrary<Condition> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("metric" as const),
      key: keys,
      operator: fc.constantFrom("<", ">=", "=", "!="),
      value: fc.constantFrom(-1, 0, 0.5, 1),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("param" as const),
      key: keys,
      operator: fc.constantFrom("=", "!=", "IS NULL", "IS NOT NULL"),
      value: texts,
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("name" as const), value: texts }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("end" as const), value: fc.constantFrom(299, 350, 400) }) },
);

export const someConditions: fc.Memo<Condition> = fc.memo((depth) =>
  depth <= 1
    ? simple
    : fc.oneof(
        simple,
        fc.record({
          kind: fc.constantFrom("and", "or"),
          of: fc.array(someConditions(), { minLength: 1, maxLength: 3 }),
        }),
        fc.record({ kind: fc.constant("not" as const), of: someConditions() }),
      ),
);

export const someTerms: fc.Arbitrary<readonly Term[]> = fc.uniqueArray(
  fc.record({
    kind: fc.constantFrom("metric", "metric", "param", "start", "end", "name"),
    key: keys,
    isDescending: fc.boolean(),
  }),
  { maxLength: 3, selector: ({ kind, key }) => (kind === "metric" || kind === "param" ? `${kind}${key}` : kind) },
);
