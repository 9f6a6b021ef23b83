export { outboxMigrations } from "./migrations.ts";
export type { Address, FindAddress } from "./courier.ts";
export { createOutbox, type Outbox } from "./outbox.ts";
export type { Delivery, DestinationState } from "./store.ts";
