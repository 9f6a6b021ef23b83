import { clip } from "./text.ts";
import type { Stream } from "./style.ts";

export interface Progress {
  /** Shows a stage; `fraction` is 0 to 1, null where it is unknown. */
  show(label: string, fraction: number | null, detail?: string): void;
  /** Takes the line away, before something else is written. */
  clear(): void;
}

const barWidth = 24;
const everyMs = 80;

/**
 * On a terminal one line that is drawn again; elsewhere a line for each new label, so that a log of CI shows the
 * stages and not every percent. Silent: nothing at all.
 */
export function createProgress(stream: Stream, silent: boolean): Progress {
  let lastLabel = "";
  let drawnAt = Number.NEGATIVE_INFINITY;
  let drawn = false;
  if (silent) return { show: () => undefined, clear: () => undefined };
  if (stream.isTTY !== true)
    return {
      show: (label) => {
        if (label !== lastLabel) stream.write(`${label}\n`);
        lastLabel = label;
      },
      clear: () => undefined,
    };
  return {
    show: (label, fraction, detail = "") => {
      const now = performance.now();
      if (label === lastLabel && fraction !== 1 && now - drawnAt < everyMs) return;
      lastLabel = label;
      drawnAt = now;
      drawn = true;
      const bar = fraction === null ? "" : ` ${toBar(fraction)}`;
      const line = `${label}${bar}${detail === "" ? "" : `  ${detail}`}`;
      stream.write(`\r\u001b[K${clip(line, (stream.columns ?? 80) - 1)}`);
    },
    clear: () => {
      if (drawn) stream.write("\r\u001b[K");
      drawn = false;
      lastLabel = "";
    },
  };
}

function toBar(fraction: number): string {
  const share = Math.min(1, Math.max(0, fraction));
  const full = Math.round(share * barWidth);
  const percent = `${Math.floor(share * 100)} %`.padStart(5);
  return `${"█".repeat(full)}${"░".repeat(barWidth - full)} ${percent}`;
}
