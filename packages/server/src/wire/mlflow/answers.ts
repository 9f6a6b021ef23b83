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

/** A client that does not get this answer asks again for what it was about. */
export function watchAnswer(tracking: Pick<Tracking, "answerLost">, mark: RequestMark, { raw }: FastifyReply): void {
  // It may be gone already.
  if (raw.closed) tracking.answerLost(mark);
  else
    raw.once("close", () => {
      if (!raw.writableFinished) tracking.answerLost(mark);
    });
}
