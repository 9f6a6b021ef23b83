export { outboxMigrations } from "./migrations.ts";
export type { Address, FindAddress } from "./courier.ts";
export { createOutbox, type Outbox, type OutboxDeps } from "./outbox.ts";
export { isPublicAddress } from "./public-address.ts";
export type { Delivery, DestinationState, NewDelivery } from "./store.ts";
