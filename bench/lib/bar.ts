import { toMarkdown } from "./table.ts";

export interface Bar {
  readonly figure: string;
  readonly bar: string;
  readonly value: string;
  /** Null where it was not measured. */
  readonly met: boolean | null;
}

export function toBarTable(bars: readonly Bar[]): string {
  const rows = bars.map(({ figure, bar, value, met }) => [
    figure,
    bar,
    value,
    met === null ? "" : met ? "met" : "**not met**",
  ]);
  return toMarkdown([["figure", "bar", "this run", ""], ...rows]);
}
