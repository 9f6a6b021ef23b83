import { appendFileSync, existsSync, mkdirSync, renameSync, statSync } from "node:fs";
import { open } from "node:fs/promises";
import { dirname } from "node:path";

/** The server's own log on disk, so that it can be read from afar and after a crash: one JSON object a line, bounded. */
export interface LogFile {
  /** For the logger; lines before `open` are kept in memory. */
  write(line: string): void;
  open(path: string): void;
  /** The last lines, oldest first, that `matches` lets through. */
  tail(options: { limit: number; matches: (entry: Readonly<Record<string, unknown>>) => boolean }): Promise<LogEntry[]>;
}

export type LogEntry = Readonly<Record<string, unknown>>;

const maxBytes = 16 * 1024 * 1024;
const readBytes = 4 * 1024 * 1024;
const mostWaiting = 1000;

export function createLogFile(): LogFile {
  let path: string | null = null;
  let size = 0;
  const waiting: string[] = [];

  function append(line: string) {
    if (size > maxBytes) {
      renameSync(path!, `${path}.1`);
      size = 0;
    }
    appendFileSync(path!, line);
    size += Buffer.byteLength(line);
  }
  return {
    write(line) {
      try {
        if (path !== null) append(line);
        else if (waiting.length < mostWaiting) waiting.push(line);
      } catch {
        // A full disk must not take the server down; the same line is on stderr.
      }
    },
    open(file) {
      mkdirSync(dirname(file), { recursive: true });
      path = file;
      size = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
      for (const line of waiting.splice(0)) this.write(line);
    },
    async tail({ limit, matches }) {
      if (path === null || !existsSync(path)) return [];
      const lines = (await readTail(path)).split("\n");
      const entries: LogEntry[] = [];
      for (let index = lines.length - 1; index >= 0 && entries.length < limit; index--) {
        const entry = parseEntry(lines[index]!);
        if (entry && matches(entry)) entries.push(entry);
      }
      return entries.toReversed();
    },
  };
}

function parseEntry(line: string): LogEntry | null {
  try {
    return line === "" ? null : (JSON.parse(line) as LogEntry);
  } catch {
    return null;
  }
}

async function readTail(path: string): Promise<string> {
  const file = await open(path, "r");
  try {
    const { size } = await file.stat();
    const length = Math.min(size, readBytes);
    const { buffer } = await file.read(Buffer.alloc(length), 0, length, size - length);
    return buffer.toString();
  } finally {
    await file.close();
  }
}
