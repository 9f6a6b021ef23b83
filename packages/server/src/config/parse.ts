import { readFileSync } from "node:fs";
import { parse as parseYaml } from "yaml";
import { SlipwayError, suggestion } from "@slipway/contract";
import { parseSources } from "./sources.ts";
import { options, type Config, type OptionName, type OptionSpec } from "./options.ts";

const byteUnits: Record<string, number> = {
  "": 1,
  b: 1,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
};
const timeUnits: Record<string, number> = { "": 1, ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

function parseNumber(text: unknown, units: Record<string, number>): number {
  if (typeof text === "number") return text;
  const match = /^\s*([0-9]+(?:\.[0-9]+)?)\s*([a-z]*)\s*$/i.exec(String(text));
  const unit = match && units[match[2]!.toLowerCase()];
  return match && unit !== undefined && unit !== null ? Number(match[1]) * unit : Number.NaN;
}

const expected: Record<OptionSpec["type"], string> = {
  string: "text",
  integer: "a whole number",
  bytes: "a size such as 64MiB",
  duration: "a duration such as 30s",
  boolean: "true or false",
  choice: "one of its choices",
  port: "a port, or off",
};

function parseOption(spec: OptionSpec, value: unknown): { value: string | number | boolean } | { problem: string } {
  if (spec.type === "string") {
    if (value === true && spec.bare !== undefined) return { value: spec.bare };
    return typeof value === "string" ? { value } : { problem: `expected ${expected.string}` };
  }
  if (spec.type === "choice") {
    return typeof value === "string" && spec.choices?.includes(value)
      ? { value }
      : { problem: `expected one of ${spec.choices?.join(", ")}` };
  }
  if (spec.type === "boolean") {
    return value === true || value === "true"
      ? { value: true }
      : value === false || value === "false"
        ? { value: false }
        : { problem: `expected ${expected.boolean}` };
  }
  // YAML reads a bare `off` as text, but older readers as false.
  if (spec.type === "port" && (value === "off" || value === false)) return { value: "off" };
  const units = spec.type === "bytes" ? byteUnits : spec.type === "duration" ? timeUnits : { "": 1 };
  const number = parseNumber(value, units);
  if (
    !Number.isSafeInteger(Math.round(number)) ||
    Number.isNaN(number) ||
    ((spec.type === "integer" || spec.type === "port") && !Number.isInteger(number))
  )
    return { problem: `expected ${expected[spec.type]}` };
  if (spec.min !== undefined && number < spec.min) return { problem: `the least is ${spec.min}` };
  if (spec.max !== undefined && number > spec.max) return { problem: `the most is ${spec.max}` };
  return { value: Math.round(number) };
}

/** Raw options by their snake_case names; undefined is absent. */
export type RawOptions = Readonly<Record<string, unknown>>;

export function readConfigFile(path: string): RawOptions {
  let data: unknown;
  try {
    data = parseYaml(readFileSync(path, "utf8"));
  } catch (error) {
    throw new SlipwayError("invalid_config", `Cannot read the configuration ${path}: ${(error as Error).message}`);
  }
  if (data === null) return {};
  if (typeof data !== "object" || Array.isArray(data))
    throw new SlipwayError("invalid_config", `${path} must be a mapping of options, such as "port: 8080".`);
  return data as RawOptions;
}

const camel = (name: string) => name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());

/**
 * Flags win over the environment, that over the file, that over the defaults.
 * @throws SlipwayError `invalid_config` with every problem in `details.problems`
 */
export function parseConfig(sources: { flags?: RawOptions; env?: RawOptions; file?: RawOptions }): Config {
  const problems: string[] = [];
  for (const name of Object.keys({ ...sources.file, ...sources.flags }))
    if (!(name in options) && (name !== "sources" || name in (sources.flags ?? {})))
      problems.push(`${name}: there is no such option.${suggestion(name, Object.keys(options))}`);
  const config: Record<string, unknown> = { sources: parseSources(sources, problems) };
  for (const [name, spec] of Object.entries(options) as [OptionName, OptionSpec][]) {
    const value = sources.flags?.[name] ?? (spec.env ? sources.env?.[spec.env] : undefined) ?? sources.file?.[name];
    if (value === undefined || value === null || value === "") {
      config[camel(name)] = spec.default;
      continue;
    }
    const parsed = parseOption(spec, value);
    if ("problem" in parsed) problems.push(`${name}: ${parsed.problem}, got ${JSON.stringify(value)}`);
    else config[camel(name)] = parsed.value;
  }
  if ((config["tlsCert"] === null) !== (config["tlsKey"] === null)) problems.push("tls_cert and tls_key go together");
  const base = config["basePath"] as string;
  if (!/^(\/[A-Za-z0-9._~-]+)*$/.test(base))
    problems.push(`base_path: expected a path such as /ml, without a slash at the end, got ${JSON.stringify(base)}`);
  if (problems.length > 0)
    throw new SlipwayError("invalid_config", `The configuration is wrong:\n  ${problems.join("\n  ")}`, { problems });
  return config as unknown as Config;
}
