import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { SlipwayError } from "@slipway/contract";
import { createId } from "../kernel/ids.ts";
import type { Watch } from "./environment.ts";
import type { Interpreter } from "./interpreters.ts";
import type { Layout } from "./layout.ts";
import type { KeptWheel } from "./model-wheels.ts";
import { linkWheels } from "./model-wheels.ts";
import type { ToolEnd } from "./run-tool.ts";
import type { Uv } from "./uv.ts";

export interface CompileRequest extends Watch {
  readonly requirements: readonly string[];
  readonly constraints: readonly string[];
  readonly wheels: readonly KeptWheel[];
  readonly interpreter: Interpreter;
  /** Whether what has no wheel may be built. */
  readonly sources: boolean;
}

export type Compiled =
  | { readonly kind: "resolved"; readonly text: string }
  | { readonly kind: "unsolvable"; readonly reason: string };

/** One attempt at a lock, for one interpreter. @throws SlipwayError `precondition_failed` where the index cannot be asked */
export async function compileLock(
  { uv, layout }: { readonly uv: Uv; readonly layout: Layout },
  request: CompileRequest,
): Promise<Compiled> {
  const folder = join(layout.temp, `resolve.${createId()}`);
  await mkdir(folder, { recursive: true });
  try {
    const wanted = join(folder, "requirements.in");
    const held = join(folder, "constraints.txt");
    const own = request.wheels.map(({ name, version }) => `${name}==${version}`);
    await writeFile(wanted, `${[...request.requirements, ...own].join("\n")}\n`);
    await writeFile(held, `${request.constraints.join("\n")}\n`);
    const end = await uv.run({
      args: [
        "pip",
        "compile",
        wanted,
        "--constraints",
        held,
        "--python",
        request.interpreter.path,
        "--generate-hashes",
        "--no-header",
        "--no-annotate",
        "--quiet",
        ...(request.sources ? [] : ["--no-build"]),
      ],
      links: await linkWheels(layout, join(folder, "wheels"), request.wheels),
      signal: request.signal,
      onProgress: request.onProgress,
    });
    if (end.code === 0) return { kind: "resolved", text: end.stdout };
    const reason = explain(end, folder);
    if (end.code === 1 && !/Failed to fetch|error sending request/.test(end.stderr))
      return { kind: "unsolvable", reason };
    throw unreachable(reason);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** What uv says, in one line, without the chatter around it. */
export function explain({ stderr, how }: ToolEnd, folder: string | null = null): string {
  const lines = stderr
    .replaceAll(folder === null ? "\0" : `${folder}/`, "")
    .split("\n")
    .map((line) =>
      line
        .replace(/^\s*(error|cause|hint): /, "")
        .replace(/^[\s×╰├─▶│]+/, "")
        .trim(),
    )
    .filter((line) => line !== "" && !/^(warning:|No solution found when resolving)/.test(line));
  const text = lines.join(" ").replaceAll(/\s+/g, " ");
  if (text === "") return how;
  return text.length > 900 ? `${text.slice(0, 900)}…` : text;
}

export function unreachable(reason: string): SlipwayError {
  return new SlipwayError(
    "precondition_failed",
    `The packages of the model could not be fetched: ${reason} Check that the server reaches the package index: index_url, find_links, proxy and ca_file in its configuration.`,
  );
}
