import { createId } from "../kernel/ids.ts";
import type { Endpoint, EndpointSpec } from "./endpoint.ts";
import type { Prepared } from "./prepared.ts";
import type { Routing } from "./routing.ts";

/** Other processes of this server, which answer by the same routes. What one of them does not carry out in time ends it. */
export interface RoutePeers {
  /** Each loads what a spec needs. @throws what loading threw in one of them */
  prepare(ticket: string, spec: EndpointSpec): Promise<void>;
  discard(ticket: string): void;
  /** When it resolves, each answers by it or is gone. */
  commit(ticket: string, endpoint: Pick<Endpoint, "name" | "revision">, epoch: number): Promise<void>;
  refresh(endpoint: Endpoint, epoch: number): Promise<void>;
  /** Each brings its routes to what SQL says. */
  sync(): Promise<void>;
}

/** The routes of all processes of this server: a change that was committed is in force in each of them. */
export interface SharedRouting extends Omit<Routing, "commit"> {
  commit(...change: Parameters<Routing["commit"]>): Promise<void>;
}

export function createSharedRouting(routing: Routing, peers: RoutePeers | null): SharedRouting {
  if (peers === null) return { ...routing, commit: async (...change) => routing.commit(...change) };
  const tickets = new WeakMap<Prepared, string>();
  const replaced = new WeakMap<Prepared, string>();

  async function prepare(spec: EndpointSpec): Promise<Prepared> {
    const ticket = createId();
    const [own, others] = await Promise.allSettled([routing.prepare(spec), peers!.prepare(ticket, spec)]);
    if (own.status === "fulfilled" && others.status === "fulfilled") {
      tickets.set(own.value, ticket);
      return own.value;
    }
    peers!.discard(ticket);
    if (own.status === "rejected") throw own.reason;
    routing.discard(own.value);
    throw (others as PromiseRejectedResult).reason;
  }

  return {
    ...routing,
    prepare,
    adapt(prepared, spec) {
      const adapted = routing.adapt(prepared, spec);
      // The others were told of another state: they read this one from SQL, and have its versions until then.
      const ticket = tickets.get(prepared);
      if (ticket !== undefined) replaced.set(adapted, ticket);
      return adapted;
    },
    discard(prepared) {
      peers.discard(tickets.get(prepared) ?? replaced.get(prepared) ?? "");
      routing.discard(prepared);
    },
    async commit(endpoint, prepared, epoch) {
      routing.commit(endpoint, prepared, epoch);
      await peers.commit(tickets.get(prepared) ?? "", endpoint, epoch);
      const old = replaced.get(prepared);
      if (old !== undefined) peers.discard(old);
    },
    async sync(endpoints, epoch) {
      await Promise.all([routing.sync(endpoints, epoch), peers.sync()]);
    },
    async refresh(endpoint, epoch) {
      await Promise.all([routing.refresh(endpoint, epoch), peers.refresh(endpoint, epoch)]);
    },
  };
}
