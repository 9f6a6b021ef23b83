import { join } from "node:path";
import { findPort, startProgram } from "../running-program.ts";
import { combine, peersFolder, toEnvironment, toOwnWay, type Peer } from "./peer.ts";

/**
 * Settings of its deployment are in bench/peers/ray/app.py. From "Performance Tuning"
 * (https://docs.ray.io/en/latest/serve/advanced-guides/performance.html): RAY_SERVE_THROUGHPUT_OPTIMIZED, and HAProxy, which comes
 * with `ray[serve]`, in place of the proxy in Python; with that one it carries a fraction of it.
 */
export const ray: Peer = {
  name: "Ray Serve",
  variants: ({ work, bin, room }) =>
    combine(work, { batching: true, binary: true }).map((setting) => ({
      name: setting.name,
      way: toOwnWay(setting.binary),
      async start() {
        const port = String(await findPort());
        return startProgram({
          command: [join(bin, "python"), join(peersFolder, "ray/app.py"), port],
          cwd: room,
          env: {
            ...toEnvironment(setting),
            RAY_SERVE_THROUGHPUT_OPTIMIZED: "1",
            RAY_SERVE_ENABLE_HA_PROXY: "1",
            RAY_USAGE_STATS_ENABLED: "0",
            RAY_TMPDIR: room,
          },
          url: `http://127.0.0.1:${port}`,
          health: "/-/healthz",
        });
      },
    })),
};
