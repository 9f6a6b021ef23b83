// What the demo writes: numbered steps, indented lines, and one status line that is drawn again on a terminal.

/** The part of process.stdout that is used here. */
export interface Output {
  write(text: string): unknown;
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
}

export interface Screen {
  readonly isTerminal: boolean;
  step(title: string): void;
  /** A paragraph, indented and wrapped. */
  say(text: string): void;
  good(text: string): void;
  bad(text: string): void;
  /** One line as it is, to be read as the output of a command or pasted: never wrapped. */
  raw(text: string): void;
  command(text: string): void;
  /** Replaces the status line; off a terminal it becomes an ordinary line every few seconds. */
  status(parts: readonly string[]): void;
  endStatus(): void;
}

const indent = "   ";
const plainStatusEveryMs = 4000;

export function createScreen(output: Output, env: Readonly<Record<string, string | undefined>>): Screen {
  const isTerminal = output.isTTY === true && env.TERM !== "dumb";
  const coloured = isTerminal && (env.NO_COLOR ?? "") === "";
  const paint = (code: number, text: string) => (coloured ? `\u001b[${code}m${text}\u001b[0m` : text);
  const width = () => (isTerminal ? Math.max(20, output.columns ?? 80) : 100);
  let steps = 0;
  let drawn = false;
  let plainAt = Number.NEGATIVE_INFINITY;

  function endStatus(): void {
    if (drawn) output.write("\r\u001b[K");
    drawn = false;
  }

  function print(text: string): void {
    endStatus();
    output.write(`${text}\n`);
  }

  function say(text: string, colour?: number): void {
    for (const line of wrap(text, width() - indent.length - 1))
      print(indent + (colour === undefined ? line : paint(colour, line)));
  }

  return {
    isTerminal,
    step: (title) => {
      steps += 1;
      plainAt = Number.NEGATIVE_INFINITY;
      print("");
      print(paint(1, `${steps}. ${title}`));
    },
    say: (text) => say(text),
    good: (text) => say(text, 32),
    bad: (text) => say(text, 31),
    raw: (text) => print(indent + text),
    command: (text) => print(paint(2, `${indent}$ ${text}`)),
    status: (parts) => {
      if (isTerminal) {
        output.write(`\r\u001b[K${joinWithin(parts, width() - 1 - indent.length)}`);
        drawn = true;
        return;
      }
      const now = performance.now();
      if (now - plainAt < plainStatusEveryMs) return;
      plainAt = now;
      print(indent + parts.join("  "));
    },
    endStatus,
  };
}

/** As many parts, from the first, as fit into `width`. */
function joinWithin(parts: readonly string[], width: number): string {
  let line = "";
  for (const part of parts) {
    const longer = line === "" ? part : `${line}  ${part}`;
    if (longer.length > width) break;
    line = longer;
  }
  return indent + line;
}

export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line];
}

export function toBar(fraction: number, cells: number): string {
  const full = Math.round(Math.min(1, Math.max(0, fraction)) * cells);
  return "█".repeat(full) + "░".repeat(cells - full);
}

export const count = (value: number): string => Math.round(value).toLocaleString("en-US");
export const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;

const utc = new Intl.DateTimeFormat("en-GB", {
  timeZone: "UTC",
  day: "numeric",
  month: "long",
  hour: "2-digit",
  minute: "2-digit",
});

/** `12 April 14:05` in UTC. */
export const clockTime = (ms: number): string => utc.format(ms).replace(/,| at/g, "");
