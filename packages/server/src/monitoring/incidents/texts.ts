import type { Monitor } from "../finding.ts";
import type { Watched } from "../watched.ts";
import type { Evidence } from "./evidence.ts";
import { rules } from "./rules.ts";

const mostNamed = 3;

/** One sentence that names what is wrong, and with a fall of performance what moved most. */
export function toTitle(evidence: readonly Evidence[]): string {
  const [lead] = evidence;
  if (lead === undefined) return "Nothing is wrong any more.";
  if (lead.standing === "moved") return `Inputs moved, performance held: ${moved(evidence)}.`;
  if (rules[lead.monitor].family !== "performance") return lead.message;
  const names = moved(evidence.filter(({ standing }) => standing === "cause"));
  return names === "" ? lead.message : `${lead.message} What moved with it: ${names}.`;
}

/** Columns whose drift or data is part of it, the weightiest first. */
function moved(evidence: readonly Evidence[]): string {
  const families = ["data", "drift"];
  const names = evidence
    .filter(({ monitor, column }) => column !== null && families.includes(rules[monitor].family))
    .map(({ column }) => column!);
  const different = [...new Set(names)];
  const rest = different.length - mostNamed;
  return `${different.slice(0, mostNamed).join(", ")}${rest > 0 ? ` and ${rest} more` : ""}`;
}

type NextCommand = (watched: Watched, lead: Evidence) => string;

const show: NextCommand = ({ endpoint, version }, { slice }) =>
  `slipway monitor show ${endpoint}@${version}${slice === "" ? "" : ` --slice ${quote(slice)}`}`;
const rows: NextCommand = ({ endpoint, version }, { column, from, to }) =>
  column === null
    ? `slipway predictions ${endpoint} --since ${time(from)}`
    : `slipway predictions ${endpoint} --since ${time(from)} --until ${time(to)} --sql ${quote(
        `SELECT ${name(column)}, count(*) AS rows FROM predictions WHERE version = ${version} GROUP BY 1 ORDER BY 2 DESC LIMIT 20`,
      )}`;
const errors: NextCommand = ({ endpoint }, { from }) =>
  `slipway predictions ${endpoint} --since ${time(from)} --errors`;
const status: NextCommand = () => "slipway status";
const labels: NextCommand = ({ endpoint }) => `slipway labels ${endpoint}`;

/** What to look at first, by what leads. */
const nextCommands: Readonly<Record<Monitor, NextCommand>> = {
  "quality.schema": rows,
  "quality.type": rows,
  "quality.missing": rows,
  "quality.range": rows,
  "quality.unseen": rows,
  "quality.constant": rows,
  "traffic.stopped": status,
  "traffic.volume": show,
  "system.errors": errors,
  "system.latency": status,
  "system.saturation": status,
  "system.anomaly": show,
  "performance.realised": show,
  "performance.group": show,
  "performance.custom": show,
  "performance.estimated": show,
  "labels.rate": labels,
  "drift.input": show,
  "drift.output": show,
  "drift.multivariate": show,
};

export function toNext(watched: Watched, evidence: readonly Evidence[]): string {
  const [lead] = evidence;
  return lead === undefined
    ? `slipway monitor show ${watched.endpoint}@${watched.version}`
    : nextCommands[lead.monitor](watched, lead);
}

function time(at: number): string {
  return new Date(at).toISOString();
}

function name(column: string): string {
  return `"${column.replaceAll('"', '""')}"`;
}

/** For a POSIX shell. */
function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
