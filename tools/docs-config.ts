// Writes the reference of the server's options from their one table; a test says when it is stale.
//   node tools/docs-config.ts            -> docs/reference/configuration.md
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { options, type OptionSpec } from "../packages/server/src/config/index.ts";
import { root } from "./layer-list.ts";

export const configurationPage = "docs/reference/configuration.md";

const sizes = ["bytes", "KiB", "MiB", "GiB"];
const times = [
  [3_600_000, "h"],
  [60_000, "m"],
  [1000, "s"],
  [1, "ms"],
] as const;

function toSize(bytes: number): string {
  let [value, unit] = [bytes, 0];
  while (value >= 1024 && value % 1024 === 0 && unit < sizes.length - 1) [value, unit] = [value / 1024, unit + 1];
  return unit === 0 ? `${value} bytes` : `${value}${sizes[unit]}`;
}

function toTime(ms: number): string {
  const [size, unit] = times.find(([each]) => ms !== 0 && ms % each === 0) ?? [1, "ms"];
  return `${ms / size}${unit}`;
}

function toText(spec: OptionSpec, value: string | number | boolean): string {
  if (spec.type === "bytes") return toSize(Number(value));
  return spec.type === "duration" ? toTime(Number(value)) : String(value);
}

function toLimits(spec: OptionSpec): string {
  const { min, max, choices } = spec;
  if (choices) return ` One of ${choices.map((choice) => `\`${choice}\``).join(", ")}.`;
  const least = min === undefined || min === 0 ? null : toText(spec, min);
  const most = max === undefined ? null : toText(spec, max);
  if (least !== null && most !== null) return ` From ${least} to ${most}.`;
  if (least !== null) return ` At least ${least}.`;
  return most === null ? "" : ` At most ${most}.`;
}

const kinds: Readonly<Record<OptionSpec["type"], string>> = {
  string: "text",
  integer: "number",
  bytes: "size",
  duration: "duration",
  boolean: "true or false",
  choice: "word",
  port: "number or `off`",
};

function toRow([name, spec]: readonly [string, OptionSpec]): string {
  const usual = spec.default === null || spec.default === "" ? "none" : `\`${toText(spec, spec.default)}\``;
  const env = spec.env === undefined ? "" : `\`${spec.env}\``;
  const flag = `\`--${name.replaceAll("_", "-")}\``;
  return `| \`${name}\` | ${flag} | ${env} | ${kinds[spec.type]} | ${usual} | ${spec.help}.${toLimits(spec)} |`;
}

export function renderConfiguration(): string {
  return `<!-- Written by \`npm run docs\` from packages/server/src/config/options.ts: change it there. -->

# Configuration of the server

An option comes from a flag of \`slipway up\`, else from an environment variable, else from the file of \`--config\`, else it has
its default. There is no file that is read without being named.

| in the file | flag | variable | kind | default | meaning |
| --- | --- | --- | --- | --- | --- |
${Object.entries<OptionSpec>(options).map(toRow).join("\n")}

- A **size** is a number with B, KiB, MiB, GiB, KB, MB or GB; without a unit it is bytes.
- A **duration** is a number with ms, s, m, h or d; without a unit it is milliseconds.
- An unknown option stops the start, and all that is wrong is said at once.

Databases that [\`labels.sql\`](slipway-yaml.md) of an endpoint pulls from are named here, so that neither passwords nor paths stand in
slipway.yaml: \`sources:\` of the file is a map of names to addresses, and a variable \`SLIPWAY_SOURCE_NAME\` adds one (its name in
lower case) and wins. An address is \`postgres://USER:PASSWORD@HOST/DATABASE\`, \`duckdb:///path/to/file\` or
\`sqlite:///path/to/file\`. Slipway only reads there.

The file is YAML:
\`\`\`yaml slipway.config.yaml
data: /var/lib/slipway
port: 8080
base_path: /ml
log_reserve: 5GiB
drain_timeout: 30s
sources:
  warehouse: duckdb:///srv/warehouse.duckdb
\`\`\`
\`slipway config check --config slipway.config.yaml\` says whether a server would take it, without starting one;
\`slipway doctor\` looks at the machine as well.

Of an endpoint's own behaviour (deadline, fallback, what is logged) [slipway.yaml](slipway-yaml.md) decides. A server that
exports traces also reads the \`OTEL_*\` variables that [tracing](../how-to/trace-with-opentelemetry.md) names.
`;
}

if (import.meta.main) {
  writeFileSync(join(root, configurationPage), renderConfiguration());
  console.log(`Wrote ${configurationPage}.`);
}
