import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readLayers, root } from "../tools/layer-list.ts";
import { findCycle, findFault, isTest, listImports, type Import } from "./lib/architecture.ts";

const layers = readLayers();
const files = globSync("packages/*/src/**/*.ts", { cwd: root }).map((file) => file.replaceAll("\\", "/"));
const imports = files.flatMap((file) => listImports(file, readFileSync(join(root, file), "utf8")));

test("every import of the sources is one that layers.json allows", () => {
  expect(files.length).toBeGreaterThan(20);
  const faults = imports.map((at) => ({ at, fault: findFault(layers, at) })).filter(({ fault }) => fault !== null);
  expect(faults.map(({ at, fault }) => `${at.file} imports ${at.specifier}: ${fault}`)).toEqual([]);
});

test("no files import each other in a loop, not even for types", () => {
  expect(findCycle(imports.filter(({ file }) => !isTest(file)))).toBeNull();
});

test("package.json and tsconfig.json of every package name what layers.json names", () => {
  for (const [name, allowed] of Object.entries(layers.packages)) {
    const read = (file: string): unknown => JSON.parse(readFileSync(join(root, "packages", name, file), "utf8"));
    const { dependencies = {} } = read("package.json") as { dependencies?: Record<string, string> };
    const { references = [] } = read("tsconfig.json") as { references?: { path: string }[] };
    const ours = Object.keys(dependencies).filter((key) => key.startsWith("@slipway/"));
    expect(ours.map((key) => key.slice("@slipway/".length)).toSorted(), `${name}/package.json`).toEqual(
      [...allowed].toSorted(),
    );
    for (const { path } of references) expect(allowed, `${name}/tsconfig.json`).toContain(path.replace("../", ""));
  }
});

test.each([
  ["contract/src/a.ts", `import { x } from "@slipway/runtime";`, "contract may not import runtime"],
  ["sdk/src/a.ts", `import type { X } from "@slipway/server";`, "sdk may not import server"],
  ["cli/src/a.ts", `import { up } from "@slipway/server";`, "cli loads server with import()"],
  ["cli/src/a.ts", `const up = await import("@slipway/server");`, null],
  ["cli/src/a.ts", `import type { Up } from "@slipway/server";`, null],
  ["cli/src/a.ts", `export * from "../../sdk/src/index.ts";`, "stays in the sources"],
  ["runtime/src/a.ts", `import x from "../package.json";`, "stays in the sources"],
  ["runtime/src/a.test.ts", `import { needs } from "../../../test/lib/needs.ts";`, null],
  ["runtime/src/a.ts", `import { needs } from "../../../test/lib/needs.ts";`, "stays in the sources"],
  ["runtime/src/log/a.ts", `import { Session } from "onnxruntime-node";`, "lives in runtime/onnx"],
  ["server/src/registry/a.ts", `import { x } from "../serving/index.ts";`, "imports only from its left"],
  ["server/src/registry/a.ts", `import type { X } from "../serving/index.ts";`, "imports only from its left"],
  ["server/src/registry/a.ts", `const x = await import("../serving/index.ts");`, "imports only from its left"],
  ["server/src/registry/a.ts", `new Worker(new URL("../serving/worker" + ext, import.meta.url))`, "only from its left"],
  ["server/src/registry/deep/a.ts", `export {\n  x,\n} from "../../app.ts";`, "imports only from its left"],
  ["server/src/serving/a.ts", `import { x } from "../registry/store.ts";`, "through its index.ts"],
  ["server/src/serving/a.ts", `import { x } from "../registry/index.ts";`, null],
  ["server/src/serving/a.test.ts", `import { x } from "../registry/store.ts";`, null],
  ["server/src/serving/a.ts", `import { x } from "../kernel/clock.ts";`, null],
  ["server/src/kernel/a.ts", `import "../platform/sql/sqlite.ts";`, "imports only from its left"],
  ["server/src/wire/api/a.ts", `import { x } from "../oip/errors.ts";`, "wire/api never imports wire/oip"],
  ["server/src/wire/api/a.ts", `import { x } from "../body.ts";`, null],
  ["server/src/registry/a.ts", `import { x } from "@slipway/runtime";`, "may not use the runtime"],
  ["server/src/serving/a.ts", `import { x } from "@slipway/runtime";`, null],
  ["server/src/app.ts", `import { x } from "@slipway/runtime";`, null],
  ["server/src/serving/a.ts", `import { DatabaseSync } from "node:sqlite";`, "lives in server/platform/sql"],
  ["server/src/registry/store.ts", `import { sql } from "kysely";`, null],
  ["server/src/registry/model.ts", `import { sql } from "kysely/helpers/sqlite";`, "the driver kysely lives in"],
  ["server/src/utils/a.ts", `import { x } from "../kernel/clock.ts";`, "utils is not in layers.json"],
  ["server/src/registry/a.ts", `// import { x } from "../serving/index.ts";`, null],
])("%s: %s", (file, source, wanted) => {
  const faults = listImports(`packages/${file}`, source).map((at) => findFault(layers, at));
  if (wanted === null) expect(faults.filter((fault) => fault !== null)).toEqual([]);
  else expect(faults).toEqual([expect.stringContaining(wanted)]);
});

test("a loop over type-only imports is a loop", () => {
  const loop: Import[] = [
    { file: "packages/sdk/src/a.ts", specifier: "./deep/b.ts", kind: "type" },
    { file: "packages/sdk/src/deep/b.ts", specifier: "../c.ts", kind: "value" },
    { file: "packages/sdk/src/c.ts", specifier: "./a.ts", kind: "dynamic" },
  ];
  expect(findCycle(loop)).toHaveLength(4);
  expect(findCycle(loop.slice(1))).toBeNull();
});
