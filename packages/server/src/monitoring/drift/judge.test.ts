import { expect, test } from "vitest";
import { migrate } from "../../platform/sql/index.ts";
import { describeStores } from "../../platform/sql/testing/describe-stores.ts";
import { encodeProfile } from "../profiles/codec.ts";
import { createProfilesStore, profileScript } from "../profiles/profiles-store.ts";
import { profileMigrations } from "../profiles/migrations.ts";
import type * as profileTasks from "../profiles/profile-tasks.ts";
import { judgeQuality } from "../quality/judge-quality.ts";
import { createQualityJudge } from "../quality/judge.ts";
import { referenceMigrations } from "../reference/migrations.ts";
import { createReferenceStore, type NewReference } from "../reference/store.ts";
import { toMonitorSettings } from "../settings.ts";
import { watchMigrations } from "../watch/migrations.ts";
import { calibrate } from "./calibrate.ts";
import { judgeProfile } from "./judge-profile.ts";
import { createDriftJudge, univariateShare } from "./judge.ts";
import { planOf, toCountedProfile } from "./testing/counted-profile.ts";
import { createDraw } from "./testing/simulate.ts";

const watched = { endpoint: "flights", model: "flights", version: 2 };
const hour = 3_600_000;
const window = { from: 0, to: hour };
const settings = toMonitorSettings({})!;
const draw = createDraw(3);
const rows = draw(2000).slice(0, 4);
const plan = planOf(rows);
const profile = toCountedProfile(plan, rows);
const calibration = calibrate({ plan, reference: profile, blocks: [], windowMs: hour, season: "none" });
/** What is usual in the slice. */
const own = toCountedProfile(
  plan,
  rows.map(({ kind, values }) => ({ kind, values: values.slice(0, 700) })),
);
const ownCalibration = calibrate({ plan, reference: own, blocks: [], windowMs: hour, season: "none" });
const current = toCountedProfile(
  plan,
  draw(300)
    .slice(0, 4)
    .map(({ kind, values }, i) => ({ kind, values: i === 0 ? values.map((value) => 100 * value) : values })),
);
const made: NewReference = {
  id: "r1",
  watched,
  source: "training",
  provisional: true,
  rows: 2000,
  createdAt: 1,
  madeOf: "m1",
  sample: "a".repeat(64),
  sampleRows: 2000,
  planJson: JSON.stringify(plan.columns.map((column) => ({ ...column, edges: column.edges && [...column.edges] }))),
  profile: Buffer.from(encodeProfile(profile)).toString("base64"),
  calibrationJson: JSON.stringify(calibration),
  estimatorJson: null,
  time: null,
  label: null,
  importance: {},
  notes: [],
};

describeStores("windows are judged where the database is", (open) => {
  test("as the pure judges say, the whole traffic and each slice", async () => {
    const sql = await open();
    await migrate(sql, [...watchMigrations, ...profileMigrations, ...referenceMigrations]);
    const { write } = sql.tasks<typeof profileTasks>(profileScript);
    const bytes = encodeProfile(current);
    const profiles = ["", "origin=ORD"].map((slice) => ({
      ...watched,
      ...window,
      slice,
      planId: plan.id,
      rows: 300,
      requests: 1,
      bytes,
    }));
    await write("saveProfiles", { before: [], offsets: [], minutes: [], profiles, now: hour, seq: "1" });
    const references = createReferenceStore(sql);
    const part = {
      slice: "origin=ORD",
      ignore: "c1",
      key: "r1 ORD",
      profile: encodeProfile(own),
      calibration: JSON.stringify(ownCalibration),
    };
    const deps = {
      sql,
      profiles: createProfilesStore(sql),
      findReference: references.find,
      listParts: async () => [part],
    };
    const input = { watched, window, settings, now: 2 * hour };
    const [drift, quality] = [createDriftJudge(deps), createQualityJudge(deps)];
    const alone = judgeQuality({ reference: null, calibration: null, current, settings });
    expect(await quality.judge(input), "without a reference").toEqual(alone);
    expect(await drift.judge(input)).toMatchObject([{ verdict: "insufficient", rows: 300 }]);
    await references.put(made);
    const reference = { plan, profile, provisional: true };
    const judged = { reference, calibration, current, at: 0, alpha: univariateShare * settings.drift.alpha };
    const whole = judgeProfile({ ...judged, settings: settings.drift });
    const slice = "origin=ORD";
    const ofSlice = { reference: { ...reference, profile: own }, calibration: ownCalibration, slice };
    const sliced = judgeProfile({ ...judged, ...ofSlice, settings: { ...settings.drift, ignore: ["c1"] } });
    expect(whole[0]).toMatchObject({ verdict: "fail", provisional: true });
    expect(await drift.judge(input)).toEqual([...whole, ...sliced]);
    const both = [
      ...judgeQuality({ reference, calibration, current, settings }),
      ...judgeQuality({ ...ofSlice, current, settings }),
    ];
    expect(await quality.judge(input)).toEqual(both);
  });
});
