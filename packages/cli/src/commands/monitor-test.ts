import type { MonitorTestColumn } from "@slipway/contract";
import { requireAddress } from "../addresses.ts";
import { argument, textOption, type Run } from "../context.ts";
import { countText, figureText, pText } from "../monitor/figure-text.ts";
import { windowText } from "../monitor/summary.ts";
import { note, writeJson, writeList, writeOne } from "../output.ts";
import type { Column } from "../table.ts";
import { parseSince } from "../time.ts";

/** Everything on record is brought into the lake first, and a million rows are read. */
const waitMs = 300_000;

export const testMonitor: Run = async (context, input) => {
  const { name, version, alias } = requireAddress(argument(input, 0));
  const time = (option: string) => {
    const text = textOption(input, option);
    return text === undefined ? undefined : parseSince(text);
  };
  const found = await context.client().monitoring.test(name, {
    version: version ?? alias,
    columns: textOption(input, "column")?.split(","),
    since: time("since"),
    until: time("until"),
    timeoutMs: context.settings.timeoutMs ?? waitMs,
  });
  const columns = found.columns.toSorted((a, b) => (a.p_adjusted ?? 2) - (b.p_adjusted ?? 2));
  const { format } = context.settings;
  if (format === "json") return writeJson(context, { ...found, columns });
  if (format === "csv") return writeList(context, testColumns, columns);
  const drawn = found.tested < found.rows ? `, ${found.tested.toLocaleString("en-US")} of them drawn` : "";
  writeOne(context, found, [
    ["endpoint", `${found.endpoint}@${found.version}`],
    ["from", windowText(found)],
    [
      "rows",
      `${countText(found.rows, "prediction")}${drawn}, against ${found.reference_rows.toLocaleString("en-US")} of the reference`,
    ],
  ]);
  note(context, "");
  await writeList(context, testColumns, columns);
};

type Figure = "statistic" | "effect" | "jensen_shannon" | "psi";
const figure = (title: string, of: Figure): Column<MonitorTestColumn> => ({
  title,
  value: (column) => column[of],
  text: (column) => figureText(column[of]),
  align: "right",
});

const testColumns: readonly Column<MonitorTestColumn>[] = [
  { title: "feature", value: ({ name }) => name, flexible: true },
  { title: "test", value: ({ test }) => test },
  figure("statistic", "statistic"),
  { title: "p", value: ({ p_adjusted: p }) => p, text: ({ p_adjusted: p }) => pText(p), align: "right" },
  figure("effect", "effect"),
  figure("js", "jensen_shannon"),
  figure("psi", "psi"),
  { title: "rows", value: ({ rows }) => rows, align: "right" },
  {
    title: "evidently",
    value: ({ evidently }) => evidently && `${evidently.test} ${evidently.score}`,
    text: ({ evidently }) =>
      evidently === null
        ? ""
        : `${evidently.test} ${figureText(evidently.score) || "0"}${evidently.drifted ? ", drifted" : ""}`,
  },
];
