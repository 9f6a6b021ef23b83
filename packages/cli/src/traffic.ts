import type { TrafficRequest } from "@slipway/contract";
import { requireVersionAddress } from "./addresses.ts";
import { UsageError } from "./exit-codes.ts";

type Rule = NonNullable<TrafficRequest["rules"]>[number];

/** `NAME@1=90 NAME@2=10`: shares in percent, with at most two decimals. @throws UsageError */
export function parseSplit(texts: readonly string[]): { name: string; arms: TrafficRequest["arms"] } {
  const parsed = texts.map((text) => {
    const [, address, share] = /^([^=]+)=([^=]+)$/.exec(text) ?? [];
    if (address === undefined || share === undefined)
      throw new UsageError(`${text}: write NAME@VERSION=PERCENT, such as flight-delay@2=10.`);
    const { name, version } = requireVersionAddress(address);
    if (typeof version !== "number") throw new UsageError(`${text}: name the version by its number.`);
    return { name, version, share: parseShare(share, text) };
  });
  const [name = "", ...others] = new Set(parsed.map((each) => each.name));
  if (others.length > 0)
    throw new UsageError(`Traffic is divided between versions at one endpoint, and ${name} is not ${others[0]}.`);
  return { name, arms: parsed.map(({ version, share }) => ({ version, share })) };
}

/** `SOURCE=VALUE[,VALUE]@VERSION`, several with `;` between; a source is a record field or `header:NAME`. @throws UsageError */
export function parseRules(text: string): Rule[] {
  const names = new Set<string>();
  return text.split(";").map((each) => {
    const [, header, source = "", values = "", version] = /^(header:)?([^=]+)=(.+)@(\d{1,9})$/s.exec(each.trim()) ?? [];
    if (version === undefined)
      throw new UsageError(
        `--rule ${each.trim()}: write SOURCE=VALUE@VERSION, such as header:x-tester=yes@2 or country=FR,DE@2.`,
      );
    const from = header === undefined ? { field: source } : { header: source };
    return { name: toName(source, names), ...from, values: values.split(","), version: Number(version) };
  });
}

/** What stands on record of the requests that it sends. */
function toName(source: string, taken: Set<string>): string {
  const plain =
    source
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, "_")
      .replace(/^[^a-z]+/, "")
      .slice(0, 58) || "rule";
  let name = plain;
  for (let i = 2; taken.has(name); i++) name = `${plain}_${i}`;
  taken.add(name);
  return name;
}

/** `3=10,4=5`. @throws UsageError */
export function parseShadows(text: string): NonNullable<TrafficRequest["shadows"]> {
  return text.split(",").map((each) => {
    const [, version, share] = /^(\d{1,9})=(.+)$/.exec(each.trim()) ?? [];
    if (version === undefined || share === undefined)
      throw new UsageError(`--shadow ${each.trim()}: write VERSION=PERCENT, such as 3=10.`);
    return { version: Number(version), share: parseShare(share, each) };
  });
}

/** Ten-thousandths. */
function parseShare(text: string, where: string): number {
  if (!/^(?:100(?:\.00?)?|\d{1,2}(?:\.\d{1,2})?)%?$/.test(text))
    throw new UsageError(`${where}: a share is 0 to 100 percent with at most two decimals.`);
  return Math.round(Number(text.replace("%", "")) * 100);
}
