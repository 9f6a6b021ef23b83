export { trackingMigrations } from "./migrations.ts";
