import { randomUUIDv7 } from "node:crypto";

/** A UUIDv7 in its text form: sorts by the time it was made. */
export type Id = string & { readonly __id: unique symbol };

export function createId(): Id {
  return randomUUIDv7() as Id;
}

/** A new id that shows whose it is: it ends as the other does, and sorts by its own time. */
export function createIdBeside(other: string): Id {
  return (createId().slice(0, -12) + other.slice(-12)) as Id;
}

/** What the ids of `createIdBeside` and the one beside which they were made have in common. */
export function idGroup(id: string): string {
  return id.slice(-12);
}

export const idPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** Milliseconds since 1970 at which a UUIDv7 was made. */
export function idTime(id: string): number {
  return Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16);
}
