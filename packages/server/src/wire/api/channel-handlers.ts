import type { NewChannel } from "@slipway/contract";
import type * as wire from "@slipway/contract";
import type { ChannelState, Monitoring } from "../../monitoring/index.ts";
import { toPageQuery } from "./model-handlers.ts";
import type { Handlers } from "./register.ts";
import { toPageView, toTimestamp } from "./views.ts";

type ChannelRoutes = "listChannels" | "createChannel" | "getChannel" | "deleteChannel" | "testChannel";

export function createChannelHandlers({
  monitoring: { channels },
}: {
  readonly monitoring: Pick<Monitoring, "channels">;
}): Pick<Handlers, ChannelRoutes> {
  return {
    listChannels: async ({ query }) => toPageView(await channels.list(toPageQuery(query)), toChannelView),
    createChannel: async ({ body, author }) => {
      const { min_severity: minSeverity, ...order } = body as NewChannel;
      return toChannelView(await channels.add({ ...order, minSeverity }, author));
    },
    getChannel: async ({ params }) => toChannelView(await channels.get(params["channel"] ?? "")),
    deleteChannel: async ({ params, author }) => channels.remove(params["channel"] ?? "", author),
    testChannel: async ({ params }) => ({ ...(await channels.test(params["channel"] ?? "")) }),
  };
}

function toChannelView({ id, name, kind, address, settings, deliveries, createdAt }: ChannelState): wire.Channel {
  const { minSeverity, endpoints, to, from } = settings;
  return {
    id,
    name,
    kind,
    address,
    min_severity: minSeverity,
    endpoints: endpoints && [...endpoints],
    to: [...to],
    from,
    pending: deliveries.pending,
    failed: deliveries.failed,
    last_error: deliveries.lastError,
    created_at: toTimestamp(createdAt),
  };
}
