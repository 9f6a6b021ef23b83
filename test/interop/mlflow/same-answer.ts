/** Where two answers differ: a path such as `run.info.status`, and what stands there. */
export interface Difference {
  readonly at: string;
  readonly expected: unknown;
  readonly found: unknown;
}

/** What an id of one server is on the other; both ways, each is one. */
export class IdPairs {
  readonly #there = new Map<string, string>();
  readonly #back = new Map<string, string>();

  /** Whether the two may be the same thing; they are it from now on. */
  pair(expected: string, found: string): boolean {
    if (!this.#there.has(expected) && !this.#back.has(found)) {
      this.#there.set(expected, found);
      this.#back.set(found, expected);
    }
    return this.#there.get(expected) === found && this.#back.get(found) === expected;
  }

  /** The text with the ids of the first server exchanged for those of the second; unknown ones stay. */
  translate(text: string): string {
    return text.replaceAll(idPattern, (id) => this.#there.get(id) ?? id);
  }
}

/** Ids of runs and of logged models, names that MLflow makes up for runs, experiments in addresses of artifacts. */
const idPattern = /(?:m-)?[0-9a-f]{32}|[a-z]+-[a-z]+-\d{1,4}(?![\w-])|(?<=mlflow-artifacts:\/)\d+/g;

/** Moments that the server chose. Whoever made one earlier than another has to go on doing so. */
export class TimePairs {
  readonly #pairs: { readonly expected: number; readonly found: number }[] = [];

  /** Whether the order of all moments so far, and which of them are one, is the same on both sides. */
  pair(expected: number, found: number): boolean {
    const agrees = this.#pairs.every(
      (other) =>
        (other.expected === expected) === (other.found === found) ||
        (other.expected !== expected && other.found === found),
    );
    const ordered = this.#pairs.every(
      (other) => (other.expected - expected) * (other.found - found) >= 0 || other.expected === expected,
    );
    if (agrees && ordered) this.#pairs.push({ expected, found });
    return agrees && ordered;
  }
}

export interface Matching {
  readonly ids: IdPairs;
  readonly times: TimePairs;
  /** Keys whose numbers are moments that the server chose. */
  readonly serverTimes: ReadonlySet<string>;
}

/** The order of these says nothing: MLflow gives them as its database does. By what they are told apart. */
const unordered: Readonly<Record<string, readonly string[]>> = {
  tags: ["key"],
  params: ["key"],
  // Of runs and logged models.
  metrics: ["key", "timestamp", "step", "value", "dataset_name", "dataset_digest"],
  latest_versions: ["version"],
  model_outputs: ["step"],
};

/** All differences of two answers but ids and moments of the server, which are matched. */
export function findDifferences(expected: unknown, found: unknown, matching: Matching): Difference[] {
  return [...differ({ at: "", key: "", expected, found }, matching)];
}

interface Place extends Difference {
  readonly key: string;
}

type Loose = Readonly<Record<string, unknown>>;

function* differ(place: Place, matching: Matching): Generator<Difference> {
  const { at, expected, found } = place;
  if (Array.isArray(expected) && Array.isArray(found)) yield* differInLists(place, matching);
  else if (isObject(expected) && isObject(found)) {
    for (const name of new Set([...Object.keys(expected), ...Object.keys(found)])) {
      const inner = { at: at === "" ? name : `${at}.${name}`, key: name };
      yield* differ({ ...inner, expected: expected[name], found: found[name] }, matching);
    }
  } else if (!isSame(place, matching)) yield { at, expected, found };
}

function* differInLists({ at, key, expected, found }: Place, matching: Matching): Generator<Difference> {
  // A history of a metric, at the top of its answer, has an order.
  const by = at === key ? undefined : unordered[key];
  const sorted = (list: unknown): unknown[] => (by === undefined ? (list as unknown[]) : sortBy(list as Loose[], by));
  const [one, other] = [sorted(expected), sorted(found)];
  for (let i = 0; i < Math.max(one.length, other.length); i++)
    yield* differ({ at: `${at}[${i}]`, key, expected: one[i], found: other[i] }, matching);
}

function sortBy(list: readonly Loose[], keys: readonly string[]): Loose[] {
  const words = (one: Loose): string => keys.map((key) => String(one[key])).join("\n");
  return list.toSorted((a, b) => words(a).localeCompare(words(b)));
}

function isSame({ key, expected, found }: Place, { ids, times, serverTimes }: Matching): boolean {
  if (typeof expected === "number" && typeof found === "number" && serverTimes.has(key))
    return times.pair(expected, found);
  if (typeof expected !== "string" || typeof found !== "string") return Object.is(expected, found);
  if (key === "experiment_id") return ids.pair(expected, found);
  if (expected === found) return true;
  const [one, other] = [expected.match(idPattern) ?? [], found.match(idPattern) ?? []];
  const rest = (text: string): string => text.replaceAll(idPattern, "<id>");
  return rest(expected) === rest(found) && one.length === other.length && one.every((id, i) => ids.pair(id, other[i]!));
}

const isObject = (value: unknown): value is Loose =>
  typeof value === "object" && value !== null && !Array.isArray(value);
