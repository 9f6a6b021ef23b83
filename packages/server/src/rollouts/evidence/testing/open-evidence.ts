import type { ManifestMonitor, ManifestRollout, NewLabel } from "@slipway/contract";
import { systemClock, type Clock } from "../../../kernel/clock.ts";
import { silentLogger } from "../../../kernel/logger.ts";
import { toMonitorSettings } from "../../../monitoring/settings.ts";
import { createLabels } from "../../../predictions/labels/labels.ts";
import { labelMigrations } from "../../../predictions/labels/migrations.ts";
import { createLabelStore } from "../../../predictions/labels/store.ts";
import { flightSignature, openTestLake } from "../../../predictions/lake/testing/open-lake.ts";
import { resolveRollout } from "../../resolve.ts";
import { toFirstStatus, type Rollout, type RolloutStatus } from "../../rollout.ts";
import { createEvidence } from "../create-evidence.ts";
import type { EvidenceDeps } from "../evidence-source.ts";
import { evidenceMigrations } from "../migrations.ts";
import { createAppend } from "./append-divided.ts";

/** Evidence on a real log, a real lake and a real database. @param monitor by endpoint */
export async function openTestEvidence(monitor: Readonly<Record<string, ManifestMonitor>> = {}) {
  let passed = 0;
  let ahead = 0;
  // Its monotonic time makes leaps, so that every look is due.
  const clock: Clock = {
    ...systemClock,
    monotonic: () => systemClock.monotonic() + passed,
    now: () => systemClock.now() + ahead,
  };
  const test = await openTestLake();
  const { sql, lake, log } = test;
  for (const migration of [...labelMigrations, ...evidenceMigrations])
    await sql.tx((trx) => migration.up(trx, sql.dialect));
  const labels = createLabels({ store: createLabelStore(sql), lake, clock, logger: silentLogger });
  const deps: EvidenceDeps = {
    logFolder: `${test.data}/log`,
    sql,
    log,
    lake,
    profiles: { listMinutes: async () => [] },
    settingsOf: (endpoint) => toMonitorSettings(monitor[endpoint] ?? {}),
    findSignature: async () => flightSignature,
    allowPrivate: true,
    clock,
    logger: silentLogger,
  };
  const evidence = createEvidence(deps);

  return {
    evidence,
    /** As after a start, on the same data; with parts that behave otherwise. */
    again: (own: { readonly flush?: () => Promise<void>; readonly sleep?: Clock["sleep"] } = {}) =>
      createEvidence({
        ...deps,
        lake: { ...lake, flush: own.flush ?? lake.flush },
        clock: { ...clock, sleep: own.sleep ?? clock.sleep },
      }),
    append: createAppend(log, test.instance),
    label: (endpoint: string, given: readonly NewLabel[]) =>
      labels.add({ endpoint, labels: given, ambiguous: "none", resolve: false, source: "test" }),
    /** Time passes. */
    wait: (ms: number) => void (ahead += ms),
    /** After the lake and Prometheus have been asked once more. */
    async look(rollout: Rollout) {
      await evidence.settled();
      passed += 3_600_000;
      const now = clock.now();
      await evidence.observe(rollout, now);
      await evidence.settled();
      return evidence.observe(rollout, now);
    },
    async close(): Promise<void> {
      await evidence.close();
      await test.close();
    },
  };
}

/** From version 1 to 2 of the model `flights`, in its first step. */
export function makeRollout(endpoint: string, section: ManifestRollout, status: Partial<RolloutStatus> = {}): Rollout {
  const now = Date.now();
  return {
    id: `of ${endpoint}`,
    endpoint,
    model: "flights",
    from: 1,
    to: 2,
    strategy: section.strategy ?? "canary",
    spec: resolveRollout(section),
    status: { ...toFirstStatus(7), phase: "stepping", step: 0, enteredAt: now, ...status },
    author: null,
    message: null,
    createdAt: now,
    updatedAt: now,
  };
}
