import { writeFile } from "node:fs/promises";
import { requireAddress } from "../addresses.ts";
import { argument, textOption, type Run } from "../context.ts";
import { UsageError } from "../exit-codes.ts";
import { writeDone } from "../output.ts";
import { toReport } from "../report/to-report.ts";
import { bytesText } from "../text.ts";
import { parseSince } from "../time.ts";

export const report: Run = async (context, input) => {
  const { name, version, alias } = requireAddress(argument(input, 0));
  const out = textOption(input, "out") ?? "";
  const [window, since] = [textOption(input, "window"), textOption(input, "since")];
  const shared = { version: version ?? alias, slice: textOption(input, "slice") };
  const { monitoring } = context.client();
  const view = await monitoring.get(name, { ...shared, at: window === undefined ? undefined : parseSince(window) });
  const series = await monitoring.series(name, {
    ...shared,
    since: since === undefined ? undefined : parseSince(since),
    until: view.window?.to,
    ...(since === undefined ? {} : { limit: 1000 }),
  });
  const html = toReport({ view, series, madeAt: new Date(context.now()).toISOString() });
  await writeFile(out, html).catch((error: unknown) => {
    throw new UsageError(`--out ${out}: ${(error as Error).message}`);
  });
  const bytes = Buffer.byteLength(html);
  writeDone(
    context,
    { file: out, bytes, verdict: view.verdict },
    `${out} (${bytesText(bytes)}): open it in a browser.`,
  );
};
