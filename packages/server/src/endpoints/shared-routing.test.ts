import { expect, test } from "vitest";
import { emptySpec, type EndpointSpec } from "./endpoint.ts";
import type { Prepared } from "./prepared.ts";
import type { Routing } from "./routing.ts";
import { createSharedRouting, type RoutePeers } from "./shared-routing.ts";
import { emptySnapshot } from "./snapshot.ts";

/** A process and its peers that say what is asked of them, in order; `peers` may be held up or fail. */
function setUp({ own, peers }: { own?: Error; peers?: Partial<RoutePeers> } = {}) {
  const said: string[] = [];
  const tickets = new Set<string>();
  const routing = {
    snapshot: () => emptySnapshot,
    async prepare(spec: EndpointSpec) {
      said.push("prepare");
      if (own) throw own;
      return { spec, loaded: null, arms: [], missing: [], fallback: null, failure: null };
    },
    discard: () => void said.push("discard"),
    commit: () => void said.push("commit"),
    sync: async () => void said.push("sync"),
    refresh: async () => void said.push("refresh"),
  } as unknown as Routing;
  const shared = createSharedRouting(routing, {
    async prepare(ticket) {
      tickets.add(ticket);
      said.push("peers prepare");
    },
    discard: (ticket) => void said.push(tickets.has(ticket) ? "peers discard" : "unknown"),
    commit: async (ticket) => void said.push(tickets.has(ticket) ? "peers commit" : "unknown"),
    refresh: async () => void said.push("peers refresh"),
    sync: async () => void said.push("peers sync"),
    ...peers,
  });
  return { shared, said };
}

const endpoint = { name: "a", revision: 2 };

test("a commit is over when each process answers by it", async () => {
  const held = Promise.withResolvers<void>();
  const { shared, said } = setUp({ peers: { commit: () => held.promise } });
  const prepared: Prepared = await shared.prepare(emptySpec);
  let isOver = false;
  const committed = shared.commit(endpoint, prepared, 3).then(() => (isOver = true));
  await new Promise((resolve) => void setImmediate(resolve));
  expect([isOver, said]).toEqual([false, ["prepare", "peers prepare", "commit"]]);
  held.resolve();
  await committed;
});

test("what one process cannot load is kept by none", async () => {
  const refusal = new Error("no room");
  const inPeer = setUp({ peers: { prepare: () => Promise.reject(refusal) } });
  await expect(inPeer.shared.prepare(emptySpec)).rejects.toBe(refusal);
  expect(inPeer.said).toEqual(["prepare", "unknown", "discard"]);
  const here = setUp({ own: refusal });
  await expect(here.shared.prepare(emptySpec)).rejects.toBe(refusal);
  expect(here.said).toEqual(["prepare", "peers prepare", "peers discard"]);
  const unwritten = setUp();
  unwritten.shared.discard(await unwritten.shared.prepare(emptySpec));
  expect(unwritten.said).toEqual(["prepare", "peers prepare", "peers discard", "discard"]);
});

test("what is brought up to date is so everywhere", async () => {
  const { shared, said } = setUp();
  await shared.sync([], 1);
  await shared.refresh({ ...endpoint, spec: emptySpec, createdAt: 0, updatedAt: 0 }, 1);
  expect(said).toEqual(["sync", "peers sync", "refresh", "peers refresh"]);
});
