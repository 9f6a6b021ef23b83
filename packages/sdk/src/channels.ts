import type { Channel, ChannelTest, NewChannel } from "@slipway/contract";
import { iteratePages, type Page, type PageOptions } from "./pages.ts";
import type { CallOptions, Transport } from "./transport.ts";

export interface ChannelsClient {
  /** Tells somebody of incidents from now on. What is secret of it is never answered. */
  add(channel: NewChannel, options?: CallOptions): Promise<Channel>;
  /** By name. */
  list(options?: PageOptions & CallOptions): Promise<Page<Channel>>;
  all(options?: PageOptions & CallOptions): AsyncGenerator<Channel, void, undefined>;
  get(name: string, options?: CallOptions): Promise<Channel>;
  /** With what waits for it. */
  remove(name: string, options?: CallOptions): Promise<void>;
  /** Sends an example now, once, and says what came of it. */
  test(name: string, options?: CallOptions): Promise<ChannelTest>;
}

export function createChannels(transport: Transport): ChannelsClient {
  const root = "/api/v1/channels";
  const pathOf = (name: string): string => `${root}/${encodeURIComponent(name)}`;
  const list: ChannelsClient["list"] = ({ limit, cursor, ...call } = {}) =>
    transport.call({ method: "GET", path: root, query: { limit, cursor }, ...call });
  return {
    add: (channel, call) => transport.call({ method: "POST", path: root, json: channel, ...call }),
    list,
    all: (options = {}) => iteratePages((cursor) => list({ ...options, cursor: cursor ?? options.cursor })),
    get: (name, call) => transport.call({ method: "GET", path: pathOf(name), ...call }),
    remove: (name, call) => transport.call({ method: "DELETE", path: pathOf(name), ...call }),
    test: (name, call) => transport.call({ method: "POST", path: `${pathOf(name)}/test`, json: {}, ...call }),
  };
}
