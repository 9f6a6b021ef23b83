import { delimiter, join } from "node:path";
import { findPort, startProgram } from "../running-program.ts";
import { combine, peersFolder, toEnvironment, toOwnWay, type Peer } from "./peer.ts";

/**
 * FastAPI on uvicorn with uvloop and httptools (https://uvicorn.dev/settings/), one worker for one core, no access log;
 * see bench/peers/fastapi/server.py.
 */
export const fastapi: Peer = {
  name: "FastAPI",
  variants: ({ work, bin, room }) =>
    combine(work, { batching: false, binary: true }).map((setting) => ({
      name: setting.name,
      way: toOwnWay(setting.binary),
      async start() {
        const port = String(await findPort());
        const options = ["--loop", "uvloop", "--http", "httptools", "--no-access-log", "--log-level", "warning"];
        const env = toEnvironment(setting);
        return startProgram({
          command: [join(bin, "uvicorn"), "server:app", "--host", "127.0.0.1", "--port", port, ...options],
          cwd: room,
          env: { ...env, PYTHONPATH: [env["PYTHONPATH"], join(peersFolder, "fastapi")].join(delimiter) },
          url: `http://127.0.0.1:${port}`,
          health: "/health",
        });
      },
    })),
};
