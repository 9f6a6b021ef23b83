import type { Address, VerifyResult } from "@slipway/contract";
import { toParityDetails } from "@slipway/runtime";
import { requireSameAnswers } from "../packaging/index.ts";
import type { Operation, Operations } from "../platform/queue/index.ts";
import { requireVerified, type Registry } from "../registry/index.ts";
import type { Serving } from "../serving/index.ts";
import { findModelSettings } from "./model-settings.ts";
import type { RoutingSnapshot } from "./snapshot.ts";

export interface VerifyDeps {
  readonly operations: Operations;
  readonly registry: Registry;
  readonly serving: Serving;
  readonly snapshot: () => RoutingSnapshot;
}

/**
 * Starts the operation that reads a version's files anew, opens it in its placement beside what serves, and runs its examples.
 * The operation fails with `damaged_blob`, `parity_failed`, or with what keeps the version from opening.
 */
export type Verify = (address: Address) => Promise<Operation>;

export function createVerify({ operations, registry, serving, snapshot }: VerifyDeps): Verify {
  return async (address) => {
    const version = requireVerified(await registry.resolve(address));
    const { model, version: number, digest, files } = version;
    const what = `${model}@${number}`;
    return operations.start("verify", what, async ({ signal, progress }) => {
      let read = 0;
      const { placement, loadMs, parity } = await serving.proveVersion(version, {
        settings: findModelSettings(snapshot(), version),
        signal,
        onFile: (path) => progress("read", `reading ${path}`, read++ / files.length),
      });
      if (parity !== null) requireSameAnswers(parity, what, version);
      const result: VerifyResult = {
        model,
        version: number,
        digest,
        placement,
        files: files.length,
        bytes: files.reduce((sum, { size }) => sum + size, 0),
        load_ms: Math.round(loadMs * 10) / 10,
        parity: parity && (toParityDetails(parity) as VerifyResult["parity"]),
      };
      return result;
    });
  };
}
