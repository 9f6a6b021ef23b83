import { SlipwayError } from "@slipway/contract";
import type { Tensor } from "@slipway/runtime";
import { createQuietRun, findModelSettings, type Endpoints } from "../../endpoints/index.ts";
import type { Clock } from "../../kernel/clock.ts";
import { outputsOf, toOutputColumns } from "../../monitoring/index.ts";
import type { BlobStore } from "../../platform/blobs/index.ts";
import type { VerifiedVersion } from "../../registry/index.ts";
import type { LoadedVersion, Serving } from "../../serving/index.ts";
import type { PairedOutput, SideAnswer } from "./pairs.ts";

export interface PairedDeps {
  readonly serving: Serving;
  readonly blobs: BlobStore;
  readonly endpoints: Pick<Endpoints, "snapshot">;
  readonly clock: Clock;
}

export interface SideInputs {
  readonly tensors: readonly Tensor[];
  readonly rows: number;
}

/** Two versions in memory, each a copy beside what serves. */
export interface PairedVersions {
  readonly a: VerifiedVersion;
  readonly b: VerifiedVersion;
  readonly outputs: readonly PairedOutput[];
  /** Has both answer, one after the other; who begins changes from time to time, so that a warm cache is nobody's merit. */
  run(
    inputs: { readonly a: SideInputs; readonly b: SideInputs },
    signal: AbortSignal,
  ): Promise<{ readonly a: SideAnswer; readonly b: SideAnswer }>;
  close(): Promise<void>;
}

/** Loads both. @throws SlipwayError `blob_not_found`, and what keeps a version from opening */
export async function openPaired(deps: PairedDeps, a: VerifiedVersion, b: VerifiedVersion): Promise<PairedVersions> {
  const { serving, blobs, endpoints } = deps;
  const run = createQuietRun(deps);
  const hold = await blobs.hold([...a.files, ...b.files].map(({ sha256 }) => sha256));
  const loaded: LoadedVersion[] = [];
  const close = async () => {
    for (const each of loaded) await serving.release(each);
    hold.release();
  };
  try {
    if (hold.missing.length > 0)
      throw new SlipwayError("blob_not_found", `Files of ${a.model}@${a.version} or @${b.version} are gone.`, {
        sha256: hold.missing[0]!,
      });
    for (const version of [a, b])
      loaded.push(await serving.acquire(version, findModelSettings(endpoints.snapshot(), version)));
  } catch (error) {
    await close();
    throw error;
  }
  let turns = 0;

  async function ask(side: 0 | 1, { tensors, rows }: SideInputs, signal: AbortSignal): Promise<SideAnswer> {
    const version = loaded[side]!;
    const answer = await run(version, { tensors, rows }, signal);
    if ("reason" in answer) return { failure: answer.message };
    return { columns: toOutputColumns(version.signature, answer.outputs, rows), ms: answer.runUs / 1000 };
  }

  return {
    a,
    b,
    outputs: pairOutputs(a, b),
    async run(inputs, signal) {
      if (turns++ % 2 === 0) {
        const first = await ask(0, inputs.a, signal);
        return { a: first, b: await ask(1, inputs.b, signal) };
      }
      const second = await ask(1, inputs.b, signal);
      return { a: await ask(0, inputs.a, signal), b: second };
    },
    close,
  };
}

/** What both have under one name, with the same classes. */
function pairOutputs(a: VerifiedVersion, b: VerifiedVersion): PairedOutput[] {
  const others = new Map(outputsOf(b.signature).map((output) => [output.name, output]));
  return outputsOf(a.signature).filter(({ name, kind, classes }) => {
    const other = others.get(name);
    return other?.kind === kind && JSON.stringify(other.classes) === JSON.stringify(classes);
  });
}
