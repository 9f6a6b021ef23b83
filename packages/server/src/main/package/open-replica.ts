import { createThreadRuntime, createWorkerRuntime, type Replica, type Signature } from "@slipway/runtime";
import type { PackagedModel } from "../../packaging/index.ts";

/** One loaded copy of a model that was looked at, where a server would run it. */
export function openReplica(
  { folder, packaged }: { readonly folder: string; readonly packaged: PackagedModel },
  signature: Signature,
): Promise<Replica> {
  const runtime = packaged.placement === "thread" ? createThreadRuntime() : createWorkerRuntime();
  return runtime.open({ folder, path: packaged.report.path }, signature, { threads: 1 });
}
