// Makes the one package that is published: `slipway`, which carries the workspaces as built JavaScript.
//   npm run pack            -> out/slipway-VERSION.tgz
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { build } from "esbuild";

interface PackageJson {
  readonly version: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const root = join(import.meta.dirname, "..");
const folder = join(root, "out", "slipway");
/** Carried as packages, for the types of the client; everything else is in `dist`. */
const bundled = ["contract", "sdk"];

function readPackage(...path: string[]): PackageJson {
  return JSON.parse(readFileSync(join(root, ...path, "package.json"), "utf8")) as PackageJson;
}

function writeJson(path: string, value: unknown): void {
  writeFileSync(path, `${JSON.stringify(value, null, 2)}\n`);
}

/** Built JavaScript and types, without what only the compiler needs. */
function copyDist(name: string, to: string): void {
  cpSync(join(root, "packages", name, "dist"), to, {
    recursive: true,
    filter: (source) => !/\.tsbuildinfo$|[\\/]testing[\\/]|\.map$/.test(source),
  });
}

function toExports(name: string): Record<string, unknown> {
  const { exports } = JSON.parse(readFileSync(join(root, "packages", name, "package.json"), "utf8")) as {
    exports: Record<string, string>;
  };
  return Object.fromEntries(
    Object.entries(exports).map(([key, source]) => {
      const built = source.replace("./src/", "./dist/").replace(/\.ts$/, "");
      return [key, { types: `${built}.d.ts`, default: `${built}.js` }];
    }),
  );
}

const { version, optionalDependencies } = readPackage();
execFileSync("npx", ["tsc", "-b", "packages/cli"], { cwd: root, stdio: "inherit" });
rmSync(join(root, "out"), { recursive: true, force: true });
mkdirSync(folder, { recursive: true });

/** Loaded by the program as they are: native code, or only where a configuration asks for them. */
const external = ["onnxruntime-node", "@duckdb/*", "@scalar/fastify-api-reference", "@opentelemetry/*"];
/** Entries of the program and the scripts of its threads and child processes, which lie beside it under their names. */
const entries = [
  "packages/cli/src/bin.ts",
  "packages/cli/src/loadtest/load-worker.ts",
  "packages/server/src/platform/sql/sqlite-worker.ts",
  "packages/server/src/tracking/tracking-tasks.ts",
  "packages/server/src/tracking/import/import-tasks.ts",
  "packages/server/src/registry/registry-tasks.ts",
  "packages/server/src/monitoring/view/monitor-view-tasks.ts",
  "packages/server/src/monitoring/exact/exact-test-task.ts",
  "packages/server/src/rollouts/report/ab-report-task.ts",
  "packages/server/src/rollouts/evidence/counters/counter-tasks.ts",
  "packages/server/src/rollouts/evidence/counters/counter-worker.ts",
  "packages/server/src/rollouts/evidence/rows/rows-task.ts",
  "packages/server/src/platform/blobs/digest-worker.ts",
  "packages/server/src/platform/archive/pack-worker.ts",
  "packages/server/src/platform/process/child-main.ts",
  "packages/server/src/platform/process/service-main.ts",
  "packages/server/src/app/http-workers/http-worker.ts",
  "packages/server/src/platform/lake/lake-main.ts",
  "packages/server/src/platform/lake/read-table-task.ts",
  "packages/server/src/predictions/erase/match-task.ts",
  "packages/server/src/predictions/erase/rewrite-task.ts",
  "packages/server/src/predictions/erase/segments-task.ts",
  "packages/server/src/rollouts/compare/compare-task.ts",
  "packages/server/src/rollouts/compare/file-rows-task.ts",
  "packages/server/src/rollouts/check-sql-task.ts",
  "packages/server/src/predictions/lake/compact-task.ts",
  "packages/server/src/predictions/lake/merge-task.ts",
  "packages/server/src/predictions/lake/query-task.ts",
  "packages/server/src/predictions/lake/views-task.ts",
  "packages/server/src/predictions/labels/label-tasks.ts",
  "packages/server/src/monitoring/profiles/profile-tasks.ts",
  "packages/server/src/monitoring/profiles/reader/profile-worker.ts",
  "packages/server/src/monitoring/performance/custom-task.ts",
  "packages/server/src/monitoring/performance/explain-task.ts",
  "packages/server/src/monitoring/performance/measure-task.ts",
  "packages/server/src/monitoring/performance/performance-tasks.ts",
  "packages/server/src/predictions/import/import-task.ts",
  "packages/server/src/monitoring/reference/count-task.ts",
  "packages/server/src/monitoring/reference/reference-task.ts",
  "packages/server/src/monitoring/drift/judge-tasks.ts",
  "packages/server/src/monitoring/drift/parts-task.ts",
  "packages/server/src/monitoring/multivariate/multivariate-task.ts",
  "packages/server/src/predictions/look-up-worker.ts",
  "packages/server/src/predictions/replay/replay-worker.ts",
  "packages/server/src/wire/docs/scalar-worker.ts",
  "packages/server/src/wire/mlflow/graphql/graphql-worker.ts",
  "packages/server/src/packaging/examples/examples-task.ts",
  "packages/server/src/packaging/translate/sample-task.ts",
  "packages/server/src/packaging/examples/inputs-task.ts",
  "packages/runtime/src/onnx/replica-worker.ts",
  "packages/runtime/src/onnx/replica-process.ts",
  "packages/runtime/src/onnx/probe/probe.ts",
];
// One file instead of a thousand: loading Kysely's 400 modules alone took half a second and 14 MB.
await build({
  absWorkingDir: root,
  entryPoints: Object.fromEntries(entries.map((entry) => [basename(entry, ".ts"), entry])),
  outdir: join(folder, "dist"),
  bundle: true,
  splitting: true,
  format: "esm",
  platform: "node",
  target: "node24",
  external,
  minifySyntax: true,
  chunkNames: "chunk-[hash]",
  legalComments: "linked",
  banner: {
    js: 'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);',
  },
});

const dependencies: Record<string, string> = {};
for (const name of bundled) {
  const target = join(folder, "node_modules", "@slipway", name);
  const source = readPackage("packages", name);
  mkdirSync(target, { recursive: true });
  copyDist(name, join(target, "dist"));
  writeJson(join(target, "package.json"), {
    name: `@slipway/${name}`,
    version,
    license: "Apache-2.0",
    type: "module",
    exports: toExports(name),
    dependencies: source.dependencies ?? {},
  });
  // npm bundles only what is a dependency, too.
  Object.assign(dependencies, source.dependencies, { [`@slipway/${name}`]: version });
}
for (const name of ["runtime", "server"])
  for (const [dependency, wanted] of Object.entries(readPackage("packages", name).dependencies ?? {}))
    if (
      external.some(
        (pattern) => dependency === pattern || (pattern.endsWith("/*") && dependency.startsWith(pattern.slice(0, -1))),
      )
    )
      dependencies[dependency] = wanted;
cpSync(join(root, "packages", "cli", "bin"), join(folder, "bin"), { recursive: true });
// Runs inside the environments of Python models; what Python compiled of it is this machine's.
cpSync(join(root, "python"), join(folder, "python"), {
  recursive: true,
  filter: (path) => !/(?:^|\/)(?:__pycache__|dist|build|[^/]+\.egg-info)(?:\/|$)/.test(path.slice(root.length)),
});
// For those who make stubs of it.
mkdirSync(join(folder, "proto"));
cpSync(join(root, "packages/server/src/wire/grpc/proto/inference.proto"), join(folder, "proto", "inference.proto"));
for (const file of ["LICENSE", "README.md", "CHANGELOG.md"]) cpSync(join(root, file), join(folder, file));
// The package is the client as a library: `import { createClient } from "slipway"`.
for (const file of ["index.js", "index.d.ts"]) writeFileSync(join(folder, file), 'export * from "@slipway/sdk";\n');
writeJson(join(folder, "package.json"), {
  name: "slipway",
  version,
  description: "The shortest safe way from a trained model to a production service that stays healthy",
  license: "Apache-2.0",
  type: "module",
  bin: { slipway: "bin/slipway.js" },
  exports: { ".": { types: "./index.d.ts", default: "./index.js" } },
  files: ["bin", "dist", "proto", "python", "index.js", "index.d.ts"],
  engines: { node: ">=20" },
  dependencies: Object.fromEntries(Object.entries(dependencies).toSorted(([a], [b]) => (a < b ? -1 : 1))),
  bundleDependencies: bundled.map((name) => `@slipway/${name}`),
  optionalDependencies,
});
execFileSync("npm", ["pack", "--pack-destination", join(root, "out"), "--silent"], { cwd: folder, stdio: "inherit" });
process.stdout.write(`out/slipway-${version}.tgz\n`);
