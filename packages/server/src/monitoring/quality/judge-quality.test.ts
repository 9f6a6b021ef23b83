import { expect, test } from "vitest";
import { toUsualShares } from "../drift/usual-shares.ts";
import { createProfileBuilder, createProfilePlan, type Profile } from "../profiles/index.ts";
import { judgeQuality } from "./judge-quality.ts";

const plan = createProfilePlan([
  {
    name: "share",
    role: "input",
    kind: "number",
    edges: Float64Array.of(0, 0.5, 1),
    categories: null,
    range: [0, 1],
    nullable: true,
  },
  {
    name: "origin",
    role: "input",
    kind: "category",
    edges: null,
    categories: ["ORD", "ATL"],
    range: null,
    nullable: true,
  },
  { name: "note", role: "field", kind: "category", edges: null, categories: ["a", "b"], range: null, nullable: true },
]);

interface Rows {
  readonly n: number;
  readonly share?: (i: number) => number;
  readonly origin?: (i: number) => string | null;
  readonly note?: ((i: number) => string) | null;
}

function toProfile({
  n,
  share = (i) => (i % 100) / 100,
  origin = (i) => (i % 3 === 0 ? "ORD" : "ATL"),
  note = (i) => (i % 2 === 0 ? "a" : "b"),
}: Rows): Profile {
  const builder = createProfileBuilder(plan);
  const indices = Array.from({ length: n }, (_, i) => i);
  const columns = new Map<string, Float64Array | (string | null)[]>([
    ["share", Float64Array.from(indices, share)],
    ["origin", indices.map(origin)],
  ]);
  if (note !== null) columns.set("note", indices.map(note));
  builder.addColumns(columns, n);
  return builder.profile();
}

const settings = { quality: { missing: null, unseen: null, range: null }, drift: { minRows: 100 } };

function judge(
  current: Profile,
  {
    blocks = [],
    reference = toProfile({ n: 2000 }),
    quality = settings.quality,
  }: {
    blocks?: Profile[];
    reference?: Profile;
    quality?: { missing: number | null; unseen: number | null; range: number | null };
  } = {},
) {
  const named = blocks.map((block) => new Map(block.columns.map((column) => [column.name, column])));
  const calibration = { quality: toUsualShares(plan, reference.columns, named) };
  return judgeQuality({
    reference: { profile: reference, provisional: false },
    calibration,
    current,
    settings: { ...settings, quality },
  });
}

const failed = (findings: ReturnType<typeof judge>) =>
  findings
    .filter(({ verdict }) => verdict === "fail")
    .map(({ monitor, column, severity }) => `${monitor} ${column} ${severity}`);

test("usual values pass; each trouble is named with both figures", () => {
  expect(failed(judge(toProfile({ n: 500 })))).toEqual([]);
  const percent = judge(toProfile({ n: 500, share: (i) => i % 100 }));
  expect(failed(percent)).toEqual(["quality.range share critical"]);
  expect(percent.find(({ verdict }) => verdict === "fail")!.message).toBe(
    "share: 98 % of 500 values are out of range; 0 % in the reference, at most 1 % is usual.",
  );
  expect(failed(judge(toProfile({ n: 500, origin: (i) => (i % 4 === 0 ? "DFW" : "ATL") })))).toEqual([
    "quality.unseen origin critical",
  ]);
  expect(failed(judge(toProfile({ n: 500, share: (i) => (i % 10 === 0 ? Number.NaN : i / 500) })))).toEqual([
    "quality.missing share warning",
  ]);
  expect(failed(judge(toProfile({ n: 500, origin: () => "ORD" })))).toEqual(["quality.constant origin warning"]);
  const refusing = (refused: number) => ({
    ...toProfile({ n: 500 }),
    requests: 500 + refused,
    errorCodes: new Map([["invalid_input", refused]]),
  });
  expect(failed(judge(refusing(25)))).toEqual([]);
  expect(failed(judge(refusing(30)))).toEqual(["quality.schema null warning"]);
  expect(failed(judge(refusing(500)))).toEqual(["quality.schema null critical"]);
  expect(
    failed(judge(toProfile({ n: 500, share: (i) => (i % 3 === 0 ? Number.POSITIVE_INFINITY : 0.5 + i / 1000) }))),
  ).toEqual(["quality.type share critical"]);
});

test("what a part of the reference had is usual; so is a column that is constant in each of them", () => {
  const night = toProfile({ n: 200, share: (i) => (i % 5 === 0 ? Number.NaN : 0.3), origin: () => "ATL" });
  const blocks = [night, toProfile({ n: 200 })];
  expect(failed(judge(night, { blocks }))).toEqual([]);
  expect(failed(judge(night))).toEqual([
    "quality.missing share critical",
    "quality.constant share warning",
    "quality.constant origin warning",
  ]);
});

test("few rows are no answer, unless the settings say what is allowed", () => {
  const few = toProfile({ n: 20, share: (i) => (i < 5 ? Number.NaN : 0.5) });
  expect(failed(judge(few))).toEqual([]);
  expect(new Set(judge(few).map(({ verdict }) => verdict))).toEqual(new Set(["insufficient"]));
  expect(failed(judge(few, { quality: { missing: 0.1, unseen: null, range: null } }))).toEqual([
    "quality.missing share critical",
  ]);
  const none = judgeQuality({ reference: null, calibration: null, current: toProfile({ n: 500 }), settings });
  expect(none.every(({ verdict }) => verdict !== "fail")).toBe(true);
});
