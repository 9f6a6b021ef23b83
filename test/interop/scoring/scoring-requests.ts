import {
  csv,
  forms,
  integer,
  listed,
  many,
  rows,
  shuffled,
  toCases,
  toCsv,
  withAll,
  without,
  wrapped,
  type Made,
  type Row,
  type ScoringCase,
} from "./request-making.ts";

/** Some rows in each form that a model of named plain columns takes. */
function goodColumns(model: "columns" | "packed"): Made[] {
  const make = rows[model];
  return many(3, (): Made[] => {
    const given = many(integer(1, 4), make);
    const noEmpty = given.map((row) => ("text" in row && row["text"] === "" ? { ...row, text: "y" } : row));
    return [
      ["split", forms.split(given)],
      ["split, columns in another order", forms.split(given, shuffled(Object.keys(given[0]!)))],
      ["records", forms.records(given)],
      ["instances", forms.instances(given)],
      ["inputs by column", forms.byColumn(given)],
      ["inputs as records", forms.inputs(given)],
      ["CSV", toCsv(noEmpty), csv],
      ["CSV, columns in another order", toCsv(noEmpty, shuffled(Object.keys(noEmpty[0]!))), csv],
      ["an extra column", forms.records(given.map((row) => ({ ...row, more: "ignored" })))],
      ["an extra column by column", forms.byColumn(given.map((row) => ({ ...row, more: 1 })))],
      ["params", { ...forms.records(given), params: { temperature: 0.5 } }],
    ];
  }).flat();
}

const column = rows.columns();
const packed = rows.packed();

/** Casts that lose nothing, and values that are no values of the column. */
function castColumns(): Made[] {
  const one = (change: Row): Made[] => [
    [`records with ${JSON.stringify(change)}`, forms.records([{ ...column, ...change }])],
    [`by column with ${JSON.stringify(change)}`, forms.byColumn([{ ...column, ...change }])],
  ];
  return [
    ...one({ single: "1.5" }),
    ...one({ single: true }),
    ...one({ single: null }),
    ...one({ single: "x" }),
    ...one({ wide: 3 }),
    ...one({ wide: "-2e3" }),
    ...one({ wide: "nan" }),
    ...one({ long: "12" }),
    ...one({ long: 3.0 }),
    ...one({ long: true }),
    ...one({ long: "1.7" }),
    ...one({ long: null }),
    ...one({ long: "9007199254740993" }),
    ...one({ short: "12" }),
    ...one({ short: "x" }),
    ...one({ short: null }),
    ...one({ flag: 1 }),
    ...one({ flag: 0 }),
    ...one({ text: 12 }),
    ...one({ text: "€ 🙂" }),
    ["a list for a number", forms.records([{ ...column, single: [1] }])],
    ["an object for a number", forms.records([{ ...column, single: {} }])],
    ["scalars by column", { inputs: column }],
    ["scalars in instances", { instances: column }],
    ["a scalar by column that lacks one", { inputs: without(column, "text") }],
  ];
}

function badColumns(): Made[] {
  return [
    ["a missing column in records", forms.records([without(packed, "c")])],
    ["a missing column in split", forms.split([without(packed, "c")])],
    ["a missing column by column", forms.byColumn([without(packed, "c")])],
    ["a missing column in instances", forms.instances([without(packed, "c")])],
    ["a missing column in CSV", toCsv([without(packed, "c")]), csv],
    ["an integer that one record lacks", forms.records([packed, without(packed, "c")])],
    ["a float that one record lacks", forms.records([packed, without(packed, "a")])],
    ["instances of different fields", forms.instances([packed, without(packed, "a")])],
    ["a list for named columns", { inputs: [listed(packed)] }],
    ["a list of instances for named columns", { instances: [listed(packed)] }],
    ["a flat list for named columns", { inputs: listed(packed) }],
    ["a number for named columns", { inputs: 7 }],
    ["nothing for named columns", { inputs: null }],
    ["an empty list", { inputs: [] }],
    ["an empty object", { inputs: {} }],
    ["an empty instance", { instances: [{}] }],
    ["an empty input", { inputs: [{}] }],
    ["a record among numbers", { inputs: [packed, 1] }],
    ["an instance among numbers", { instances: [packed, 1] }],
    ["no records", { dataframe_records: [] }],
    ["records that are an object", { dataframe_records: packed }],
    ["records that are a text", { dataframe_records: "x" }],
    ["records of numbers", { dataframe_records: [1, 2] }],
    ["records with a number", { dataframe_records: [packed, 1] }],
    ["records with null", { dataframe_records: [packed, null] }],
    ["records of null", { dataframe_records: [null] }],
  ];
}

function oddFrames(): Made[] {
  const fields = Object.keys(packed);
  return [
    ["split without columns", { dataframe_split: { data: [listed(packed)] } }],
    ["split with too few columns", { dataframe_split: { columns: ["a", "b", "c"], data: [listed(packed)] } }],
    ["split with too few values", { dataframe_split: { columns: fields, data: [[1, 2, 3]] } }],
    ["split with an index", { dataframe_split: { columns: fields, index: [7], data: [listed(packed)] } }],
    [
      "split with one short row",
      {
        dataframe_split: {
          columns: fields,
          data: [
            [1, 2, 3, 4],
            [1, 2, 3],
          ],
        },
      },
    ],
    ["split with rows of records", { dataframe_split: { columns: fields, data: [packed] } }],
    ["split with another key", { dataframe_split: { columns: fields, data: [listed(packed)], more: 1 } }],
    ["split without data", { dataframe_split: { columns: fields } }],
    ["split that is a list", { dataframe_split: [1] }],
    ["split that is null", { dataframe_split: null }],
    ["split with a column twice", { dataframe_split: { columns: ["a", ...fields], data: [[1, 2, 3, 4, 5]] } }],
    ["split with a text for columns", { dataframe_split: { columns: "abcd", data: [listed(packed)] } }],
    ["split with flat data", { dataframe_split: { columns: fields, data: [1, 2, 3, 4] } }],
    ["scalars by column", { inputs: packed }],
    ["scalars in instances", { instances: packed }],
    ["columns of different lengths", { inputs: { a: [1], b: [2, 2], c: [3, 3], d: [4, 4] } }],
    ["columns of lists", forms.byColumn([wrapped(packed)])],
  ];
}

function oddBodies(): Made[] {
  return [
    ["two formats", { ...forms.records([packed]), ...forms.inputs([packed]) }],
    ["another key", { ...forms.records([packed]), more: 1 }],
    ["params that are no object", { ...forms.records([packed]), params: [1] }],
    ["a signature name", { ...forms.inputs([packed]), signature_name: "x" }],
    ["no format", {}],
    ["only params", { params: {} }],
    ["a list", [packed]],
    ["a number", 5],
    ["null", null],
    ["messages", { messages: [{ role: "user", content: "hello" }] }],
    ["a prompt", { prompt: "hello" }],
    ["an input", { input: ["hello"] }],
    ["an input beside inputs", { input: [1], ...forms.inputs([packed]) }],
    ["half an object", "{"],
    ["no body", ""],
    ["text that is no JSON", "hello"],
    ["more after the JSON", `${JSON.stringify(forms.records([packed]))} x`],
    ["NaN as Python writes it", '{"dataframe_records": [{"a": NaN, "b": 1, "c": 2, "d": 3}]}'],
    ["infinities as Python writes them", '{"dataframe_records": [{"a": Infinity, "b": -Infinity, "c": 2, "d": 3}]}'],
    ["an integer that a double cannot hold", '{"inputs": {"a": [1], "b": [1], "c": [9007199254740993], "d": [0]}}'],
    ["NaN in a text", '{"dataframe_records": [{"a": 1, "b": 1, "c": 2, "d": NaN, "e": "NaN, \\" NaN"}]}'],
    ["a byte order mark", "\u{feff}{}"],
    ["bytes that are no UTF-8", new Uint8Array([0xff])],
  ];
}

function badCsv(): Made[] {
  return [
    ["CSV without rows' ends", "a,b,c,d\n1,2,3,4\n\n5,6,7,8", csv],
    ["CSV of another system", '"a","b",c,d\r\n"1",2,3,4\r\n\r\n', csv],
    ["CSV with a comma in quotes", 'a,b,c,d,e\n1,2,3,4,"x,y"\n', csv],
    ["CSV that is empty", "", csv],
    ["CSV with a short row", "a,b,c,d\n1,2,3\n", csv],
    ["CSV with a missing float", "a,b,c,d\n1,,3,4\n", csv],
    ["CSV with a missing integer", "a,b,c,d\n1,2,,4\n", csv],
    ["CSV with text for a float", "a,b,c,d\nx,2,3,4\n", csv],
    ["CSV with a fraction for an integer", "a,b,c,d\n1,2,3.5,4\n", csv],
    ["CSV with a column twice", "a,a,b,c,d\n1,2,3,4,5\n", csv],
    ["CSV without a header", "1,2,3,4\n", csv],
    ["CSV with True for a number", "a,b,c,d\nTrue,2,3,4\n", csv],
    ["CSV with spaces and exponents", "a,b,c,d\n1e3, 2,3,4\n", csv],
    ["CSV with NA and nan", "a,b,c,d\nNA,nan,3,4\n", csv],
    ["CSV with zeros before", "a,b,c,d\n1,2,03,4\n", csv],
    ["CSV with an open quote", 'a,b,c,d\n1,2,3,"4\n', csv],
    ["CSV that is no UTF-8", new Uint8Array([0x61, 0x2c, 0x62, 0x0a, 0xff]), csv],
    ["CSV with charset", toCsv([packed]), "text/csv; charset=utf-8"],
  ];
}

function types(): Made[] {
  const body = forms.records([packed]);
  return [
    "application/json; charset=utf-8",
    "application/json;charset=UTF-8",
    "application/json; charset=latin-1",
    "application/json; foo=1",
    "application/json; pandas-split",
    "application/json;",
    "APPLICATION/JSON",
    "text/plain",
    "application/x-www-form-urlencoded",
    "application/octet-stream",
    null,
  ].map((type): Made => [`content type ${type ?? "left out"}`, body, type]);
}

function goodTensors(): ScoringCase[] {
  const good = many(3, () => {
    const given = many(integer(1, 3), rows.shapes);
    const lines = many(integer(1, 3), () => listed(rows.matrix()));
    const flights = many(integer(1, 3), rows.flights);
    return [
      ...toCases("shapes", [
        ["instances", forms.instances(given)],
        ["inputs by column", forms.byColumn(given)],
        ["another key", { ...forms.byColumn(given), params: {} }],
        ["an extra input", forms.byColumn(given.map((row) => ({ ...row, more: [1, 2] })))],
      ]),
      ...toCases("matrix", [
        ["inputs", { inputs: lines }],
        ["instances", { instances: lines }],
        ["split", { dataframe_split: { columns: ["p", "q", "r", "s"], data: lines } }],
        ["split without columns", { dataframe_split: { data: lines } }],
        ["records of lists", { dataframe_records: lines }],
        ["a column of lists", { dataframe_records: lines.map((values) => ({ X: values })) }],
      ]),
      ...toCases("flights", [
        ["records", forms.records(flights)],
        ["split", forms.split(flights, shuffled(Object.keys(flights[0]!)))],
        ["records of lists", forms.records(flights.map(withAll).map(wrapped))],
        ["instances", forms.instances(flights.map(wrapped))],
        ["inputs by column", forms.byColumn(flights.map(wrapped))],
        ["an extra column", forms.records(flights.map((row) => ({ ...row, more: 1 })))],
      ]),
    ];
  });
  return good.flat();
}

function badShapes(): Made[] {
  const shape = rows.shapes();
  return [
    ["a flat grid", forms.byColumn([{ ...shape, grid: [1, 2, 3, 4] }])],
    ["walks of different lengths", forms.instances([shape, { ...shape, walk: [1] }])],
    ["walks of length 0", forms.byColumn([{ ...shape, walk: [] }])],
    ["a missing tensor", forms.byColumn([without(shape, "walk")])],
    ["another walk", forms.byColumn([{ ...shape, walk: [1, 2, 3, 4, 5] }])],
    ["texts of numbers", forms.byColumn([{ ...shape, walk: ["1", "2"] }])],
    ["text for a number", forms.byColumn([{ ...shape, walk: ["x", "2"] }])],
    ["no rows", { inputs: { grid: [], walk: [], count: [] } }],
    ["no instances", { instances: [] }],
    ["a number", { inputs: 5 }],
    ["a text", { inputs: "abc" }],
    ["null", { inputs: null }],
  ];
}

function badMatrix(): Made[] {
  const line = listed(rows.matrix());
  return [
    ["a flat list", { inputs: line }],
    ["a short row", { inputs: [line.slice(1)] }],
    ["rows of different lengths", { inputs: [line, line.slice(1)] }],
    ["texts of numbers", { inputs: [line.map(String)] }],
    ["null among numbers", { inputs: [[1, null, 3, 4]] }],
    ["true among numbers", { inputs: [[1, true, 3, 4]] }],
    ["text among numbers", { inputs: [["x", 2, 3, 4]] }],
    ["an empty list", { inputs: [] }],
    ["a list of an empty list", { inputs: [[]] }],
    ["a frame that is too narrow", { dataframe_records: [{ p: 1, q: 2 }] }],
    ["named numbers as inputs", { inputs: [rows.matrix()] }],
    ["a number", { inputs: 5 }],
    ["too deep a list", { inputs: [[line]] }],
    ["a frame with a number in quotes", { dataframe_split: { columns: ["p", "q", "r", "s"], data: [[1, 2, "3", 4]] } }],
    ["a frame with a text", { dataframe_split: { columns: ["p", "q", "r", "s"], data: [[1, 2, "x", 4]] } }],
    ["a frame with null", { dataframe_split: { columns: ["p", "q", "r", "s"], data: [[1, 2, null, 4]] } }],
  ];
}

function badFlights(): Made[] {
  const flight = rows.flights();
  return [
    ["a number in quotes", forms.records([{ ...flight, hour: "8" }])],
    ["true for a number", forms.records([{ ...flight, hour: true }])],
    ["null for an integer", forms.records([{ ...flight, hour: null }])],
    ["null for a text", forms.records([{ ...flight, origin: null }])],
    ["a number for a text", forms.records([{ ...flight, origin: 12 }])],
    ["text for an integer", forms.byColumn([wrapped({ ...flight, hour: "x" })])],
    ["null for an integer by column", forms.byColumn([wrapped({ ...flight, hour: null })])],
    ["a missing column", forms.records([without(flight, "hour")])],
    ["an integer that one record lacks", forms.records([flight, without(flight, "hour")])],
    ["a missing input", forms.byColumn([wrapped(without(flight, "hour"))])],
    ["columns of different lengths", { inputs: { ...forms.byColumn([wrapped(flight)]).inputs, hour: [[1], [2]] } }],
    ["a list for named inputs", { instances: [["ATL"]] }],
    ["instances of different fields", forms.instances([wrapped(flight), wrapped(without(flight, "hour"))])],
  ];
}

export const scoringCases: readonly ScoringCase[] = [
  ...toCases("columns", [...goodColumns("columns"), ...castColumns()]),
  ...toCases("packed", [
    ...goodColumns("packed"),
    ...badColumns(),
    ...oddFrames(),
    ...oddBodies(),
    ...badCsv(),
    ...types(),
  ]),
  ...goodTensors(),
  ...toCases("shapes", badShapes()),
  ...toCases("matrix", badMatrix()),
  ...toCases("flights", badFlights()),
];
