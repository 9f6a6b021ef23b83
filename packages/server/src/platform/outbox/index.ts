export { outboxMigrations } from "./migrations.ts";
export type { Address, Carrier, FindAddress } from "./courier.ts";
export { createOutbox, type Outbox } from "./outbox.ts";
export { findPublicAddress, findRefusal, get, type PostAnswer } from "./post.ts";
export type { Delivery, DestinationState } from "./store.ts";
