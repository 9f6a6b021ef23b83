import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { errorTable, manifestSchema, parseManifest, schemas, type ErrorCode } from "@slipway/contract";
import { parse as parseYaml } from "yaml";
import {
  rolloutKeys,
  rolloutMetrics,
  rolloutSchema,
  strategies,
} from "../../packages/contract/src/manifest-rollout.ts";
import { monitorKeys, monitorSchema, performanceMetrics } from "../../packages/contract/src/manifest-monitor.ts";
import { metricNames } from "../../packages/server/src/monitoring/performance/performance-window.ts";
import { options } from "../../packages/server/src/config/index.ts";
import { configurationPage, renderConfiguration } from "../../tools/docs-config.ts";
import { errorsPage, isRaised, renderErrors } from "../../tools/docs-errors.ts";
import { descriptorsFile, protoFolder, renderDescriptors } from "../../tools/proto.ts";
import { listBlocks, readPage } from "./page.ts";

const { shape } = manifestSchema;
const sections = {
  owner: shape.owner.unwrap().shape,
  model: shape.model.unwrap().shape,
  serve: shape.serve.unwrap().shape,
  log: shape.log.unwrap().shape,
  labels: shape.labels.unwrap().shape,
  monitor: monitorSchema.shape,
  rollout: rolloutSchema.shape,
};
/** What the keys that are maps themselves hold. */
const inner = [
  ...["type", "range", "nullable", "shape", "categories"].map((key) => `model.inputs.*.${key}`),
  "model.outputs.*.classes",
  ...Object.keys(sections.model.environment.unwrap().shape).map((key) => `model.environment.${key}`),
  ...Object.keys(sections.serve.recycle.unwrap().shape).map((key) => `serve.recycle.${key}`),
  ...["path", "absolute", "relative"].map((key) => `model.examples.${key}`),
  ...Object.keys(sections.model.training.unwrap().shape).map((key) => `model.training.${key}`),
  ...["source", "query", "every"].map((key) => `labels.sql.${key}`),
  ...["max_rows", "max_delay", "max_queue"].map((key) => `serve.batching.${key}`),
];
const listed = new Set(["slices", "performance", "metrics", "incidents.maintenance"].map((key) => `monitor.${key}`));
/** Keys below a section of `monitor`; `*` stands for an item of a list or a name of a map. */
const monitorInner = Object.entries(monitorKeys)
  .filter(([section]) => section !== "monitor")
  .flatMap(([section, keys]) => keys.map((key) => `${listed.has(section) ? `${section}.*` : section}.${key}`));
const rolloutLists = new Set(["steps", "guardrails", "limits", "rules", "freeze"].map((key) => `rollout.${key}`));
/** Metrics have the same keys wherever they stand: those of guardrails are listed. */
const rolloutInner = Object.entries(rolloutKeys)
  .filter(([section]) => rolloutLists.has(section) || section === "rollout.when")
  .flatMap(([section, keys]) => keys.map((key) => `${rolloutLists.has(section) ? `${section}.*` : section}.${key}`));
const onlyInner = [
  "rollout.when",
  ...["reference", "drift", "quality", "labels", "system", "incidents"].map((key) => `monitor.${key}`),
  "model.outputs",
  "model.training",
  "model.environment",
  "serve.recycle",
];

/** First cells of the first table, without their ticks. */
function firstCells(text: string): string[] {
  return [...text.matchAll(/^\| `([a-z_0-9]+)` \|/gm)].map(([, cell = ""]) => cell);
}

describe("what is generated is what `npm run docs` writes", () => {
  test(configurationPage, () => expect(readPage(configurationPage)).toBe(renderConfiguration()));
  test(errorsPage, () => expect(readPage(errorsPage)).toBe(renderErrors()));
});

test("the descriptors of gRPC are what `npm run proto` makes of the .proto files", () => {
  expect(readPage(descriptorsFile)).toBe(renderDescriptors());
});

test("every method of the gRPC service is on its page", () => {
  const proto = readFileSync(join(protoFolder, "inference.proto"), "utf8");
  const methods = [...proto.matchAll(/^ {2}rpc (\w+)\(/gm)].map(([, method]) => method);
  expect(methods.length).toBeGreaterThan(10);
  const page = readPage("docs/reference/grpc.md");
  expect(methods.filter((method) => !page.includes(`\`${method}\``))).toEqual([]);
});

test("every option of the server is on its page, and no other", () => {
  expect(firstCells(readPage(configurationPage))).toEqual(Object.keys(options));
});

test("every error code is on its page, and no other; what nothing raises is said to be so", () => {
  const page = readPage(errorsPage);
  expect(firstCells(page)).toEqual(Object.keys(errorTable));
  const unraised = (Object.keys(errorTable) as ErrorCode[]).filter((code) => !isRaised(code));
  const marked = [...page.matchAll(/^\| `([a-z_]+)` \|.*Nothing raises it/gm)].map(([, code]) => code);
  expect(marked).toEqual(unraised);
});

test("every monitor is on its page, and no other", () => {
  const page = readPage("docs/reference/monitors.md");
  const documented = [...page.matchAll(/^\| `([a-z]+\.[a-z]+)` \|/gm)].map(([, name = ""]) => name);
  expect(new Set(documented)).toEqual(new Set(schemas.monitorNames));
  expect(documented).toHaveLength(schemas.monitorNames.length);
});

test("every word of rollouts is on their page", () => {
  const page = readPage("docs/reference/rollouts.md");
  const words = [
    ...schemas.rolloutPhases,
    ...schemas.rolloutVerdicts,
    ...schemas.rolloutHeldReasons,
    ...schemas.rolloutEventKinds,
    "srm",
    ...rolloutMetrics,
    ...strategies,
    ...Object.keys(rolloutSchema.shape),
  ];
  expect(words.filter((word) => !new RegExp(`\`(?:\\w+\\.)?${word}(?:\\W[^\`]*)?\``).test(page))).toEqual([]);
});

describe("docs/reference/slipway-yaml.md", () => {
  const page = readPage("docs/reference/slipway-yaml.md");

  test("its example is one, with every key", () => {
    const example = listBlocks(page).find(({ file }) => file === "slipway.yaml");
    const manifest = parseManifest(parseYaml(example?.code ?? ""));
    const { owner, model, serve, log } = sections;
    expect(Object.keys(manifest)).toEqual(Object.keys(manifestSchema.shape));
    expect(Object.keys(manifest.owner ?? {})).toEqual(Object.keys(owner));
    expect(Object.keys(manifest.model ?? {})).toEqual(Object.keys(model));
    expect(Object.keys(manifest.serve ?? {}).toSorted()).toEqual(Object.keys(serve).toSorted());
    expect(Object.keys(manifest.log ?? {}).toSorted()).toEqual(Object.keys(log).toSorted());
  });

  test("its tables have every key, and no other", () => {
    const rows = [...page.matchAll(/^\| ((?:`[a-z_.*]+`(?:, )?)+) \|/gm)];
    const documented = rows.flatMap(([, cell = ""]) => [...cell.matchAll(/`([^`]+)`/g)].map(([, key = ""]) => key));
    const keys = Object.entries(sections).flatMap(([section, shape]) =>
      Object.keys(shape).map((key) => `${section}.${key}`),
    );
    const wanted = ["slipway", "name", ...keys, ...inner, ...monitorInner, ...rolloutInner].filter(
      (key) => !onlyInner.includes(key),
    );
    expect(documented.toSorted()).toEqual(wanted.toSorted());
  });
});

test("the metrics that slipway.yaml may bound are those that are measured", () => {
  expect(new Set(performanceMetrics)).toEqual(new Set(Object.values(metricNames).flat()));
});
