import { z } from "zod";
import { SlipwayError } from "./errors.ts";
import { toProblems } from "./manifest-problems.ts";

const record = z.record(z.string(), z.unknown());
const records = z.array(record).min(1).max(1000);
const named = {
  name: z.string().min(1).max(200),
  records,
  /** The share of cases that may fail. */
  allow: z.number().min(0).max(1).optional(),
};
const changes = z.union([record, z.array(record).min(1).max(100)], {
  error: "must be the fields that change, or a list of such changes",
});
const within = z.number().min(0).optional();
const columns = z.string().min(1).optional();

const golden = z
  .strictObject({ ...named, kind: z.literal("golden"), expect: z.array(record).min(1).max(1000), within })
  .refine((test) => test.expect.length === test.records.length || test.expect.length === 1, {
    path: ["expect"],
    error: "has one answer for each record, or one for all of them",
  });
const invariance = z.strictObject({
  ...named,
  kind: z.literal("invariance"),
  change: changes,
  output: columns,
  within,
});
const directions = ["up", "down", "not_up", "not_down"] as const;
const direction = z.strictObject({
  ...named,
  kind: z.literal("direction"),
  change: changes,
  output: z.string().min(1),
  expect: z.enum(directions),
  by: z.number().min(0).optional(),
});

const schema = z.strictObject({
  tests: z.array(z.discriminatedUnion("kind", [golden, invariance, direction])).max(500),
});

const knownKeys = {
  "": ["tests"],
  tests: [...new Set([golden, invariance, direction].flatMap(({ shape }) => Object.keys(shape)))],
};

/** What the gate `behaviour` reads: requests whose answers are known, changes that must change nothing, and changes whose direction is known. */
export type BehaviourFile = z.infer<typeof schema>;
export type BehaviourTest = BehaviourFile["tests"][number];

/** @throws SlipwayError `invalid_file` that names every mistake */
export function parseBehaviour(data: unknown, file: string): BehaviourFile {
  const parsed = schema.safeParse(data);
  if (parsed.success) return parsed.data;
  const problems = toProblems(parsed.error.issues, { knownKeys, data }).map(
    ({ path, message }) => `  ${path === "" ? "the file" : path}: ${message}`,
  );
  throw new SlipwayError("invalid_file", `${file} is no file of behaviour tests:\n${problems.join("\n")}`, { file });
}
