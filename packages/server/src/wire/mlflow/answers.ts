import type { FastifyReply } from "fastify";
import type { KeyValue, RequestMark, Tracking } from "../../tracking/index.ts";
import { text, type Input } from "./fields.ts";

/** A param or tag as protobuf reads it: what is left out is empty. */
export const keyValue = { key: text, value: text };

export function toKeyValues(pairs: readonly Input<typeof keyValue>[] | undefined): readonly KeyValue[] {
  return (pairs ?? []).map(({ key = "", value = "" }) => ({ key, value }));
}

const nothing = Buffer.from("{}");

/** The answer where there is nothing to say. */
export async function done(work: Promise<unknown>): Promise<Uint8Array> {
  await work;
  return nothing;
}

/** To be called when what was asked for is made: a client that is gone by then asks again for it. */
export function noteLostAnswer(tracking: Pick<Tracking, "answerLost">, mark: RequestMark, { raw }: FastifyReply): void {
  if (raw.closed) tracking.answerLost(mark);
}
