import {
  csv,
  forms,
  rows,
  toCases,
  toCsv,
  without,
  wrapped,
  type Made,
  type ModelName,
  type ScoringCase,
} from "./request-making.ts";

/** A request that the two answer with different statuses, and why that is meant. */
export interface ScoringDifference extends ScoringCase {
  readonly theirs: number;
  readonly ours: number;
  readonly why: string;
}

const column = { ...rows.columns(), text: "x" };
const flight = { ...rows.flights(), origin_late_3h: 0.5 };
const shape = rows.shapes();
const fields = ["a", "b", "c", "d"];

function differ(
  model: ModelName,
  { theirs, ours, why }: Pick<ScoringDifference, "theirs" | "ours" | "why">,
  made: readonly Made[],
): ScoringDifference[] {
  return toCases(model, made).map((one) => ({ ...one, theirs, ours, why }));
}

const altered = { theirs: 200, ours: 400, why: "MLflow computes with another value than was sent" };
const change = (name: string, value: unknown): Made => [
  `${JSON.stringify(value)} for ${name}`,
  forms.records([{ ...column, [name]: value }]),
];

const refused = [
  ...differ("columns", altered, [
    change("long", 1.7),
    change("long", -0.5),
    change("long", 1e30),
    change("short", 3_000_000_000),
    change("single", 1e300),
    change("flag", "false"),
    change("flag", "True"),
    change("flag", 0.5),
    change("flag", null),
    change("text", null),
    change("text", ["a"]),
    change("text", { b: 1 }),
    ["1.7 for long by column", forms.byColumn([{ ...column, long: 1.7 }])],
    ["a text that one record lacks", forms.records([column, without(column, "text")])],
    ["NA for a text in CSV", toCsv([{ ...column, text: "NA" }]), csv],
  ]),
  ...differ("packed", { ...altered, why: "the values would move to other columns, the first being an index" }, [
    ["CSV with one value too many", "a,b,c,d\n1,2,3,4,5\n", csv],
  ]),
  ...differ("packed", { ...altered, why: "one row of data is answered with two" }, [
    ["split with too long an index", { dataframe_split: { columns: fields, index: [0, 1], data: [[1, 2, 3, 4]] } }],
  ]),
  ...differ("packed", { ...altered, why: "there is nothing to predict, so most likely something went wrong before" }, [
    ["split without rows", { dataframe_split: { columns: fields, data: [] } }],
    ["split with null for data", { dataframe_split: { columns: fields, data: null } }],
    ["CSV without rows", "a,b,c,d\n", csv],
  ]),
  ...differ("shapes", { ...altered, why: "the inputs of a row would not belong together" }, [
    ["columns of different lengths", { inputs: { grid: [shape["grid"]], walk: [[1], [2]], count: [1, 2] } }],
  ]),
];

const taken = { theirs: 400, ours: 200 };
const accepted = [
  ...differ("flights", { ...taken, why: "MLflow reads CSV for column signatures only, and fails on the others" }, [
    ["CSV", toCsv([flight]), csv],
  ]),
  ...differ("flights", { ...taken, why: "here [N] and [N, 1] stand for each other, in every protocol" }, [
    ["plain values in instances", forms.instances([flight])],
    ["plain values by column", forms.byColumn([flight])],
  ]),
  ...differ("flights", { ...taken, why: "records say the same as instances" }, [
    ["inputs as records", forms.inputs([wrapped(flight)])],
  ]),
  ...differ("flights", { ...taken, why: "null is a missing value also in a list" }, [
    ["null in a list of a frame", forms.records([wrapped({ ...flight, origin_late_3h: null })])],
  ]),
  ...differ("shapes", { ...taken, why: "MLflow's frames hold no nested lists and no open sizes" }, [
    ["nested lists in a frame", forms.records([shape])],
  ]),
  ...differ("matrix", { ...taken, why: "this MLflow signature has no name for the tensor; here each has one" }, [
    ["the tensor by its name", { inputs: { X: [[1, 2, 3, 4]] } }],
    ["instances by the tensor's name", { instances: [{ X: [1, 2, 3, 4] }] }],
  ]),
  ...differ("matrix", { ...taken, why: "MLflow reads CSV for column signatures only, and fails on the others" }, [
    ["CSV of the matrix", "a,b,c,d\n1,2,3,4\n", csv],
  ]),
  ...differ("packed", { ...taken, why: "an input that may be null may be left out" }, [
    ["a nullable column left out", forms.records([without(rows.packed(), "a")])],
  ]),
];

const parquet = differ("packed", { theirs: 400, ours: 415, why: "Parquet bodies are not read here" }, [
  ["Parquet", "PAR1", "application/vnd.apache.parquet"],
]);

export const scoringDifferences: readonly ScoringDifference[] = [...refused, ...accepted, ...parquet];
