/** One output as it stands in the lake. */
export interface OutputColumn {
  /** Of the class, or of the value. */
  readonly name: string;
  readonly kind: "class" | "text" | "boolean" | "integer" | "number";
  /** In the order of the signature; empty where it names none. */
  readonly classes: readonly string[];
  /** Columns of the probabilities, one a class; empty where there are none. */
  readonly probabilities: readonly string[];
}

/** What is predicted, and where it stands. */
export interface Problem {
  readonly kind: "binary" | "multiclass" | "regression";
  /** The column of the class or the number. Null: only a probability is there, and more than half means the positive class. */
  readonly prediction: string | null;
  /** Empty of a regression. Of a binary problem the positive one is the second. */
  readonly classes: readonly string[];
  /** The column of the probability of each class, in their order; null where a class has none. Empty: no probabilities. */
  readonly scores: readonly (string | null)[];
}

/** `monitor.cost`: truth, prediction, value of one such prediction. */
export type CostTable = Readonly<Record<string, Readonly<Record<string, number>>>>;

/** What has to be looked at in the rows, because a signature does not say it. */
export interface OutputFacts {
  /** Different values of the labels, as texts; null where there are more than 50. */
  readonly truths: readonly string[] | null;
  /** Different values of an output without named classes, by its name; null where there are more than 50. */
  readonly values: Readonly<Record<string, readonly string[] | null>>;
  /** Numbers that are never outside of 0 to 1. */
  readonly shares: ReadonlySet<string>;
}

/**
 * Which output the labels are about. Probabilities of named classes come first, then classes, then an output of texts or truth
 * values (with the probability beside it, where there is one), then a number: that is a probability where it is never
 * outside of 0 to 1 and the labels have two values, and else what a regression predicts.
 * @returns null where no output can be held against a label
 */
export function findProblem(
  outputs: readonly OutputColumn[],
  facts: OutputFacts,
  positive: string | null,
): Problem | null {
  const named = outputs.find(({ kind, probabilities }) => kind === "class" && probabilities.length > 0);
  const classed = named ?? outputs.find(({ kind }) => kind === "class");
  if (classed !== undefined) return toClassified(classed, positive);
  const score = findScore(outputs, facts);
  const chosen = outputs.find((output) => isClassLike(output, facts));
  if (chosen !== undefined) {
    const classes = [...new Set([...(facts.values[chosen.name] ?? []), ...(facts.truths ?? [])])].toSorted();
    if (classes.length === 2) return toScored({ prediction: chosen.name, classes, score }, positive);
    return classes.length > 2 ? toClassified({ ...chosen, classes, probabilities: [] }, positive) : null;
  }
  const truths = facts.truths?.toSorted() ?? [];
  if (score !== null && truths.length === 2) return toScored({ prediction: null, classes: truths, score }, positive);
  const number = outputs.find(({ kind }) => kind === "number" || kind === "integer");
  return number === undefined ? null : { kind: "regression", prediction: number.name, classes: [], scores: [] };
}

/** A whole number is a class where there are few of them and the labels are the same ones. */
function isClassLike({ name, kind }: OutputColumn, { truths, values }: OutputFacts): boolean {
  if (kind === "text" || kind === "boolean") return true;
  const own = values[name];
  if (kind !== "integer" || own === null || own === undefined || truths === null) return false;
  return own.length <= 20 && truths.length <= 20 && truths.every((truth) => own.includes(truth) || own.length === 1);
}

/** The probability beside a class: the one float that is never outside of 0 to 1, or that is named like one. */
function findScore(outputs: readonly OutputColumn[], { shares }: OutputFacts): string | null {
  const shared = outputs.filter(({ name, kind }) => kind === "number" && shares.has(name));
  const named = shared.filter(({ name }) => /prob|score|confidence/i.test(name));
  const [only] = named.length > 0 ? named : shared.length === 1 ? shared : [];
  return only?.name ?? null;
}

function toClassified({ name: prediction, classes, probabilities }: OutputColumn, positive: string | null): Problem {
  const kind = classes.length === 2 ? "binary" : "multiclass";
  const isTurned = kind === "binary" && positive !== null && toClass(positive, classes) === 0;
  const turn = <T>(list: readonly T[]) => (isTurned ? list.toReversed() : [...list]);
  return { kind, prediction, classes: turn(classes), scores: turn(probabilities) };
}

const affirmative = new Set(["1", "true", "yes", "y", "t", "positive"]);

interface Scored {
  readonly prediction: string | null;
  readonly classes: readonly string[];
  /** The column of the probability of the positive class. */
  readonly score: string | null;
}

function toScored({ prediction, classes, score }: Scored, positive: string | null): Problem {
  const told = positive === null ? null : toClass(positive, classes);
  const first = told === 0 || (told === null && affirmative.has((classes[0] ?? "").toLowerCase()));
  const ordered = first ? classes.toReversed() : [...classes];
  return { kind: "binary", prediction, classes: ordered, scores: score === null ? [] : [null, score] };
}

/**
 * Which class a text means: its name, in other letters too; of two classes true and false; else its place, `1` or `1.0`.
 * @returns its index, or null where it means none
 */
export function toClass(text: string, classes: readonly string[]): number | null {
  const exact = classes.indexOf(text);
  if (exact >= 0) return exact;
  const trimmed = text.trim();
  const lower = trimmed.toLowerCase();
  const alike = classes.findIndex((each) => each.toLowerCase() === lower);
  if (alike >= 0) return alike;
  const number = trimmed === "" ? Number.NaN : Number(trimmed);
  const same = classes.findIndex((each) => each.trim() !== "" && Number(each) === number);
  if (same >= 0) return same;
  if (classes.length === 2) {
    const truth = lower === "true" || lower === "false" ? Number(lower === "true") : number;
    const second = classes.findIndex((each) => affirmative.has(each.toLowerCase()));
    if (truth === 0 || truth === 1) return second === 0 ? 1 - truth : truth;
  }
  return null;
}
