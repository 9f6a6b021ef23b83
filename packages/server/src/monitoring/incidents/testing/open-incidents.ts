import { accessMigrations, createAudit } from "../../../access/index.ts";
import { systemClock } from "../../../kernel/clock.ts";
import { silentLogger } from "../../../kernel/logger.ts";
import { migrate } from "../../../platform/sql/index.ts";
import type { OpenStore } from "../../../platform/sql/testing/describe-stores.ts";
import type { Notification } from "../../channels/notification.ts";
import type { Finding } from "../../finding.ts";
import { createIncidents } from "../incidents.ts";
import { incidentMigrations } from "../migrations.ts";
import { finding, hourMs, settings, watched } from "./hear.ts";

/** What is over stays on record for as long. */
export const keepMs = 100 * hourMs;
const firstPage = { limit: 100, cursor: null };

/** Incidents of one version on a clock of their own; what would be told is kept. */
export async function openIncidents(open: OpenStore) {
  const sql = await open();
  await migrate(sql, [...accessMigrations, ...incidentMigrations]);
  let now = 1_000 * hourMs;
  let hour = 1_000;
  let isGone = false;
  const told: Notification[] = [];
  const channels = { announce: async (_: unknown, news: Notification) => void told.push(news), wake: () => {} };
  const incidents = createIncidents({
    sql,
    clock: { ...systemClock, now: () => now },
    logger: silentLogger,
    channels,
    settingsOf: () => settings,
    isGone: async () => isGone,
    keepMs,
  });
  const hear = async (verdict: Finding["verdict"], at = hour) => {
    const window = { from: at * hourMs, to: (at + 1) * hourMs };
    const findings = [finding("quality.type", verdict, { column: "a", severity: "critical" })];
    await incidents.hear([{ watched, window, settings, verdicts: [{ judge: "quality", findings }] }]);
    if (at === hour) hour += 1;
    now = Math.max(now, window.to);
  };
  const wait = (ms: number) => void (now += ms);
  const newest = async () => (await incidents.list(firstPage)).items[0]!;
  const types = () => told.map(({ type }) => type);
  const promote = () => void (isGone = true);
  return { sql, incidents, hear, wait, newest, types, promote, audit: createAudit({ sql }) };
}
