// Makes the one package that is published: `slipway`, which carries the workspaces as built JavaScript.
//   npm run pack            -> out/slipway-VERSION.tgz
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

interface PackageJson {
  readonly version: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const root = join(import.meta.dirname, "..");
const folder = join(root, "out", "slipway");
const bundled = ["contract", "runtime", "sdk", "server"];

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
execFileSync("npx", ["tsc", "-b"], { cwd: root, stdio: "inherit" });
rmSync(join(root, "out"), { recursive: true, force: true });
mkdirSync(folder, { recursive: true });

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
  Object.assign(dependencies, source.dependencies);
}
Object.assign(dependencies, readPackage("packages", "cli").dependencies);
copyDist("cli", join(folder, "dist"));
cpSync(join(root, "packages", "cli", "bin"), join(folder, "bin"), { recursive: true });
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
  files: ["bin", "dist", "index.js", "index.d.ts"],
  engines: { node: ">=20" },
  dependencies: Object.fromEntries(Object.entries(dependencies).toSorted()),
  bundleDependencies: bundled.map((name) => `@slipway/${name}`),
  optionalDependencies,
});
execFileSync("npm", ["pack", "--pack-destination", join(root, "out"), "--silent"], { cwd: folder, stdio: "inherit" });
process.stdout.write(`out/slipway-${version}.tgz\n`);
