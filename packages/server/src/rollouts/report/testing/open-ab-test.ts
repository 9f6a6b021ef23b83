import { createRandom, hashUnit } from "@slipway/statistics";
import { encodeRoute } from "@slipway/runtime";
import { randomUUIDv7 } from "node:crypto";
import { emptySpec } from "../../../endpoints/endpoint.ts";
import type { Arm, EndpointRevision, TrafficSettings } from "../../../endpoints/index.ts";
import { systemClock } from "../../../kernel/clock.ts";
import { silentLogger } from "../../../kernel/logger.ts";
import { createLabels } from "../../../predictions/labels/labels.ts";
import { labelMigrations } from "../../../predictions/labels/migrations.ts";
import { createLabelStore } from "../../../predictions/labels/store.ts";
import { flightSignature, openTestLake } from "../../../predictions/lake/testing/open-lake.ts";
import { flight, flightInputs } from "../../../predictions/testing/log.ts";
import type { AbQuestion } from "../ab-question.ts";
import { createAbReport } from "../create-ab-report.ts";

/** A real log and a real lake with the answers that simulated users got. */
export async function openAbTest() {
  const test = await openTestLake();
  for (const migration of labelMigrations) await test.sql.tx((trx) => migration.up(trx, test.sql.dialect));
  const store = createLabelStore(test.sql);
  const labels = createLabels({ store, lake: test.lake, clock: systemClock, logger: silentLogger });
  const began = Date.now() - 1000;
  const revisions = new Map<string, EndpointRevision[]>();
  const find = createAbReport({
    endpoints: {
      require: async (name) => ({ name, revision: 1, spec: emptySpec, createdAt: began, updatedAt: began }),
      listRevisions: async (name) => ({ items: (revisions.get(name) ?? []).toReversed(), next: null }),
    },
    lake: test.lake,
    findSignature: async () => flightSignature,
    clock: systemClock,
  });

  return {
    ...test,
    /** A revision with this division, version 1 being the target. */
    divide(endpoint: string, traffic: Partial<TrafficSettings>): number {
      const list = revisions.get(endpoint) ?? [];
      const revision = list.length + 1;
      const spec = {
        ...emptySpec,
        target: { model: endpoint, version: 1, follows: null },
        traffic: { ...emptySpec.traffic, unit: "user", seed: "s", ...traffic },
      };
      const by = { author: null, message: null, restores: revision, changes: [] };
      revisions.set(endpoint, [...list, { endpoint, revision, action: "traffic", spec, createdAt: began, ...by }]);
      return revision;
    },
    /** Answers rows, all of one arm as one request; then says what came true of them. */
    async answer(endpoint: string, revision: number, rows: readonly AnsweredRow[]): Promise<void> {
      for (const [arm, own] of Map.groupBy(rows, (row) => row.arm))
        await append(endpoint, revision, { arm, rows: own });
      await labels.add({
        endpoint,
        labels: rows.flatMap(({ key, truth }) => (truth === null ? [] : [{ key, value: truth }])),
        ambiguous: "none",
        resolve: false,
        source: "test",
      });
    },
    report: (endpoint: string, question: Partial<AbQuestion> = {}) =>
      find({
        endpoint,
        metrics: [],
        higher: new Set(),
        unit: null,
        since: null,
        until: null,
        alpha: 0.05,
        ...question,
      }),
  };

  function append(endpoint: string, revision: number, { arm, rows }: { arm: string; rows: readonly AnsweredRow[] }) {
    const n = rows.length;
    const id = randomUUIDv7();
    const record = flight(test.instance, endpoint, {
      id,
      rows: n,
      batchRows: n,
      keys: rows.map(({ key }) => key),
      extra: rows.map(({ user }) => ({ user })),
      inputs: flightInputs(
        rows.map(() => "ATL"),
        rows.map(() => 700),
      ),
      outputs: [
        {
          name: "late",
          datatype: "FP32",
          shape: [n, 2],
          data: Float32Array.from(rows.flatMap(({ score }) => [1 - score, score])),
        },
      ],
    });
    const route = encodeRoute({
      instance: test.instance,
      epoch: 1,
      endpoint,
      revision,
      model: endpoint,
      version: arm === "champion" ? 1 : 2,
      digest: "ab".repeat(32),
      arm,
      propensity: 0.5,
    });
    return new Promise<void>((resolve, reject) =>
      test.log.append({ ...record, route }, {}, (logged) => (logged ? resolve() : reject(new Error("not logged")))),
    );
  }
}

export interface AnsweredRow {
  readonly user: string;
  readonly key: string;
  readonly arm: string;
  /** The probability of `yes`. */
  readonly score: number;
  readonly truth: string | null;
}

export const half: readonly Arm[] = [{ name: "challenger", version: 2, from: 0, share: 5000 }];

export interface Simulated {
  readonly users: number;
  readonly seed: number;
  /** What is added to the error of the challenger's scores. */
  readonly worse?: number;
}

/**
 * Users with one to five requests each and a habit of their own, so that their requests are anything but independent: what counts is how many
 * users there are.
 */
export function simulate({ users, seed, worse = 0 }: Simulated): AnsweredRow[] {
  const random = createRandom(seed);
  return Array.from({ length: users }, (_, i) => `${seed}-${i}`).flatMap((user) => {
    const arm = hashUnit("s", user) < 5000 ? "challenger" : "champion";
    const habit = 0.1 + 0.8 * random();
    const requests = 1 + Math.floor(5 * random());
    return Array.from({ length: requests }, (_, j): AnsweredRow => {
      const noise = 0.25 * (random() - 0.5);
      const off = arm === "challenger" ? worse : 0;
      const score = Math.min(0.99, Math.max(0.01, habit + noise + (habit > 0.5 ? -off : off)));
      return { user, key: `${user}/${j}`, arm, score, truth: random() < habit ? "yes" : "no" };
    });
  });
}
