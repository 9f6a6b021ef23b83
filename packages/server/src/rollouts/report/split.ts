import { champion, type EndpointRevision } from "../../endpoints/index.ts";

export interface SplitArm {
  readonly arm: string;
  readonly version: number;
  /** Ten-thousandths of the traffic. */
  readonly share: number;
}

/** A stretch of an endpoint's revisions in which its traffic was divided in one and the same way. */
export interface Split {
  readonly model: string;
  /** A record field, or `header:NAME`; null: each request by itself. */
  readonly unit: string | null;
  /** The record field that is kept as the caller's key. */
  readonly key: string | null;
  /** What the others are compared with first: `control` where there is one, else `champion`. */
  readonly arms: readonly SplitArm[];
  readonly fromRevision: number;
  readonly toRevision: number;
  /** Milliseconds. */
  readonly from: number;
  /** Null: the traffic is divided like this now. */
  readonly to: number | null;
}

const whole = 10_000;

/**
 * The newest split among revisions, which come newest first and are taken as long as needed.
 * @returns null where the traffic was never divided by buckets
 */
export async function findSplit(revisions: AsyncIterable<EndpointRevision>): Promise<Split | null> {
  let newer: EndpointRevision | null = null;
  let last: EndpointRevision | null = null;
  let first: EndpointRevision | null = null;
  let to: number | null = null;
  for await (const revision of revisions) {
    if (last !== null && markOf(revision) !== markOf(last)) break;
    if (last === null && isDivided(revision)) {
      last = revision;
      to = newer?.createdAt ?? null;
    }
    if (last !== null) first = revision;
    newer = revision;
  }
  return last === null || first === null ? null : toSplit(first, last, to);
}

function isDivided({ spec: { target, traffic } }: EndpointRevision): boolean {
  return target !== null && traffic.arms.some(({ share }) => share > 0);
}

/** What makes units go where they go. */
function markOf({ spec: { target, traffic } }: EndpointRevision): string {
  const { unit, seed, arms, rules } = traffic;
  return JSON.stringify([target?.model, target?.version, unit, seed, arms, rules]);
}

function toSplit(first: EndpointRevision, last: EndpointRevision, to: number | null): Split {
  const { target, traffic, log } = last.spec;
  const arms = traffic.arms
    .filter(({ share }) => share > 0)
    .map(({ name, version, share }): SplitArm => ({ arm: name, version, share }));
  const left = whole - arms.reduce((sum, { share }) => sum + share, 0);
  const all = left > 0 ? [{ arm: champion, version: target?.version ?? 0, share: left }, ...arms] : arms;
  const isControl = ({ arm }: SplitArm) => arm === "control";
  return {
    model: target?.model ?? "",
    unit: traffic.unit,
    key: log.key,
    arms: [...all.filter(isControl), ...all.filter((arm) => !isControl(arm))],
    fromRevision: first.revision,
    toRevision: last.revision,
    from: first.createdAt,
    to,
  };
}
