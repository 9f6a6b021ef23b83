import type { Migration } from "../platform/sql/index.ts";
import { channelMigrations } from "./channels/migrations.ts";
import { incidentMigrations } from "./incidents/migrations.ts";
import { performanceMigrations } from "./performance/index.ts";
import { profileMigrations } from "./profiles/index.ts";
import { referenceMigrations } from "./reference/index.ts";
import { watchMigrations } from "./watch/migrations.ts";

/** Of all rooms of the capability. */
export const monitoringMigrations: readonly Migration[] = [
  ...watchMigrations,
  ...profileMigrations,
  ...referenceMigrations,
  ...performanceMigrations,
  ...channelMigrations,
  ...incidentMigrations,
];
