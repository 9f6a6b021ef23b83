import type { NewReplay, ReplayResult } from "@slipway/contract";
import { requireName, requireVersionAddress } from "../addresses.ts";
import { argument, textOption, type Context, type Input, type Run } from "../context.ts";
import { exitCodes, UsageError } from "../exit-codes.ts";
import { followOperation } from "../follow-operation.ts";
import { parseLimit } from "../limit.ts";
import { note, writeJson, writeList } from "../output.ts";
import { renderFacts, type Column } from "../table.ts";
import { parseSince } from "../time.ts";
import { parseTolerance } from "../tolerance.ts";

type Output = ReplayResult["outputs"][string] & { readonly output: string };
type Example = ReplayResult["examples"][number];

const mostRows = 1_000_000;
const idPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}(\/\d{1,10})?$/;

export const replay: Run = async (context, input) => {
  const request = toRequest(input);
  const client = context.client();
  const { result } = await followOperation(context, "The replay", (signal) =>
    client.replays.create(request, { signal }),
  );
  const found = result as unknown as ReplayResult;
  await write(context, found);
  const broken = found.different + (found.not_replayable["run_failed"] ?? 0);
  return broken > 0 ? exitCodes.failed : exitCodes.ok;
};

function toRequest(input: Input): NewReplay {
  const what = argument(input, 0);
  const on = textOption(input, "on");
  if (on !== undefined) requireVersionAddress(on);
  const how = {
    ...(on === undefined ? {} : { on }),
    ...parseTolerance(input, "absolute"),
    ...parseTolerance(input, "relative"),
  };
  const [since, until, limit] = [textOption(input, "since"), textOption(input, "until"), textOption(input, "limit")];
  const errors = input.options.errors === true;
  if (idPattern.test(what)) {
    if (since !== undefined || until !== undefined || limit !== undefined || errors)
      throw new UsageError("--since, --until, --limit and --errors are about an endpoint, not about one prediction.");
    return { prediction: what, ...how };
  }
  return {
    endpoint: requireName(what),
    ...how,
    ...(since === undefined ? {} : { since: parseSince(since) }),
    ...(until === undefined ? {} : { until: parseSince(until) }),
    ...(limit === undefined ? {} : { limit: Math.min(mostRows, parseLimit(limit)) }),
    ...(errors ? { errors } : {}),
  };
}

async function write(context: Context, found: ReplayResult): Promise<void> {
  const { format } = context.settings;
  if (format === "json") return writeJson(context, found);
  const outputs = Object.entries(found.outputs).map(([output, sums]) => ({ output, ...sums }));
  if (format === "csv") return writeList(context, outputColumns, outputs);
  const counted = Object.entries(found.not_replayable).map(([reason, count]) => `${reason} ${count}`);
  const counts = (values: Readonly<Record<string, number>>) =>
    Object.entries(values)
      .map(([name, count]) => `${name} (${count})`)
      .join(", ");
  context.stdout.write(
    renderFacts([
      [
        "replayed",
        `${found.total} prediction${found.total === 1 ? "" : "s"}${found.limited ? ", and there are more" : ""}`,
      ],
      ["ran on", counts(found.versions)],
      ["identical", found.identical],
      ["within", `${found.within} (${found.tolerance.absolute} + ${found.tolerance.relative} of the value on record)`],
      ["different", found.different],
      ["not replayable", counted.join(", ")],
      [
        "not compared",
        Object.entries(found.not_compared)
          .map(([name, why]) => `${name} ${why}`)
          .join("\n"),
      ],
      ["inputs ignored", found.ignored_inputs.join(", ")],
      ["inputs empty", counts(found.empty_inputs)],
    ]),
  );
  if (outputs.length > 0) await writePart(context, outputColumns, outputs);
  if (found.examples.length > 0) await writePart(context, exampleColumns, found.examples);
  for (const { prediction, reason, message } of found.not_replayable_examples)
    note(context, `${prediction || "a record"}: ${reason}. ${message}`);
}

async function writePart<T>(context: Context, columns: readonly Column<T>[], items: readonly T[]): Promise<void> {
  context.stdout.write("\n");
  await writeList(context, columns, items);
}

const numberText = (value: number | null): string => (value === null ? "-" : String(Number(value.toPrecision(3))));
const valueText = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value ?? null));

const outputColumns: readonly Column<Output>[] = [
  { title: "output", value: (item) => item.output },
  { title: "identical", value: (item) => item.identical, align: "right" },
  { title: "within", value: (item) => item.within, align: "right" },
  { title: "different", value: (item) => item.different, align: "right" },
  { title: "max_ulps", value: (item) => item.max_ulps, align: "right" },
  {
    title: "max_difference",
    value: (item) => item.max_difference,
    text: (item) => numberText(item.max_difference),
    align: "right",
  },
  { title: "worst", value: (item) => item.worst?.prediction },
];

const exampleColumns: readonly Column<Example>[] = [
  { title: "prediction", value: (item) => item.prediction },
  { title: "output", value: (item) => (item.index === null ? item.output : `${item.output}[${item.index}]`) },
  { title: "expected", value: (item) => valueText(item.expected) },
  { title: "got", value: (item) => valueText(item.got) },
  {
    title: "difference",
    value: (item) => item.difference,
    text: (item) => numberText(item.difference),
    align: "right",
  },
  { title: "ulps", value: (item) => item.ulps, align: "right" },
];
