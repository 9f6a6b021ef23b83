import type { BackupHead, BackupProgress } from "@slipway/server";
import { SlipwayError } from "@slipway/contract/errors";
import { argument, textOption, type Context, type Run } from "../context.ts";
import { InterruptedError } from "../exit-codes.ts";
import { note, writeOne } from "../output.ts";
import { createProgress } from "../progress.ts";
import { dataFolder, loadServer } from "../server-door.ts";
import { bytesText } from "../text.ts";

export const backup: Run = async (context, input) => {
  const file = argument(input, 0);
  const data = textOption(input, "data");
  const to = file === "-" ? { stream: process.stdout } : { file, force: input.options.force === true };
  // Elsewhere a reader that leaves early is no failure; a backup that nobody took is one.
  if (file === "-") process.stdout.removeAllListeners("error").on("error", () => undefined);
  const head = await withProgress(context, "Backing up", async ({ signal, onProgress }) => {
    const { keepBackup } = await loadServer();
    const from = data === undefined ? fromServer(context, signal) : { data };
    return keepBackup({ from, to, onProgress, signal });
  });
  if (file === "-") note(context, `A backup of ${head.files} files, ${bytesText(head.bytes)}, whole and proven.`);
  else writeOne(context, { file, ...toJson(head) }, [["file", file], ...toFacts(head)]);
};

export const restore: Run = async (context, input) => {
  const file = argument(input, 0);
  const source = file === "-" ? process.stdin : file;
  const server = await loadServer();
  if (input.options.verify === true) {
    const head = await withProgress(context, "Reading", (job) => server.verifyBackup({ source, ...job }));
    return writeOne(context, { file, whole: true, ...toJson(head) }, [
      ["file", file],
      ["state", "whole: every file has the digest that is listed for it"],
      ...toFacts(head),
    ]);
  }
  const data = await dataFolder(input);
  const head = await withProgress(context, "Restoring", (job) => server.restoreData({ source, data, ...job }));
  writeOne(context, { data, ...toJson(head) }, [["data", data], ...toFacts(head)]);
  note(context, `\nServe it:\n  slipway up --data ${data}`);
};

interface Job {
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
  readonly onProgress: (progress: BackupProgress) => void;
}

/** A Ctrl-C ends the work in order, so that nothing half is left behind. */
async function withProgress<T>(context: Context, label: string, work: (job: Job) => Promise<T>): Promise<T> {
  const progress = createProgress(context.stderr, context.settings.quiet);
  const stop = new AbortController();
  const restoreHandler = context.onInterrupt(() =>
    stop.abort(new InterruptedError("Interrupted; nothing was left behind.")),
  );
  const onProgress = ({ bytes, totalBytes }: BackupProgress) =>
    progress.show(label, totalBytes === 0 ? 1 : bytes / totalBytes, `${bytesText(bytes)} of ${bytesText(totalBytes)}`);
  try {
    return await work({ signal: stop.signal, onProgress });
  } catch (error) {
    throw stop.signal.aborted ? stop.signal.reason : error;
  } finally {
    progress.clear();
    restoreHandler();
  }
}

async function* fromServer(context: Context, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const stream = await context.client().server.backup({ signal });
  try {
    yield* stream;
  } catch (error) {
    throw new SlipwayError(
      "invalid_file",
      `The server ended the backup before its end, so there is none: ${(error as Error).message}. Look whether it still runs, and at its log: \`slipway logs --level error\`.`,
    );
  }
}

function toJson({ created_at, slipway, instance, files, bytes }: BackupHead) {
  return { created_at, slipway, instance, files, bytes };
}

function toFacts(head: BackupHead): readonly (readonly [string, unknown])[] {
  return [
    ["taken at", head.created_at],
    ["by", `Slipway ${head.slipway}`],
    ["files", head.files],
    ["size", bytesText(head.bytes)],
  ];
}
