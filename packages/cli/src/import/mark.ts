import { createHash } from "node:crypto";
import type { SourceLoggedModel, SourceRun } from "./source.ts";

/** A digest of whatever can be JSON; NaN and infinities too. */
export function digestOf(value: unknown): string {
  const text = JSON.stringify(value, (_, each: unknown) =>
    typeof each === "number" && !Number.isFinite(each) ? String(each) : each,
  );
  return createHash("sha256").update(text).digest("base64url").slice(0, 22);
}

/** What is remembered of a run or a logged model that was taken whole. */
export interface RecordMark {
  /** Digest of all but points and files. */
  readonly info: string;
  /** Of each key what the source said of its points. */
  readonly series: Readonly<Record<string, string>>;
  /** All files of a finished one were taken or left where they are; nothing will come to them. */
  readonly files: boolean;
}

/** Null where there is none, or one that this version cannot read. */
export function parseMark(text: string | undefined): RecordMark | null {
  if (text === undefined) return null;
  try {
    const mark = JSON.parse(text) as Partial<RecordMark>;
    return typeof mark.info === "string" ? { series: {}, files: false, ...mark, info: mark.info } : null;
  } catch {
    return null;
  }
}

/** `mode` is how its files are treated: another one makes another record. */
export function infoOfRun(run: SourceRun, mode: string): string {
  return digestOf([{ ...run, series: [] }, mode]);
}

export function infoOfLoggedModel(model: SourceLoggedModel, mode: string): string {
  return digestOf([model, mode]);
}

/** Whether more may come to it. */
export function isRunning({ status, lifecycle }: SourceRun): boolean {
  return lifecycle === "active" && (status === "RUNNING" || status === "SCHEDULED");
}
