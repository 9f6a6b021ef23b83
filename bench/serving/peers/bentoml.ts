import { join } from "node:path";
import { listNumbers } from "../question.ts";
import { findPort, startProgram } from "../running-program.ts";
import type { HttpWay } from "../variant.ts";
import { combine, peersFolder, toEnvironment, toOwnWay, toRows, type Peer } from "./peer.ts";

/** A batchable API has one output, so the probabilities; labels are left to the caller. */
const rowsWay: HttpWay = {
  protocol: "http",
  request: (question) => ({ method: "POST", path: "/predict", body: JSON.stringify({ rows: toRows(question) }) }),
  answer: (body) => ({ labels: null, numbers: listNumbers(JSON.parse(body.toString())) }),
};

/** Its settings, with where they are documented, are in bench/peers/bentoml/service.py. */
export const bentoml: Peer = {
  name: "BentoML",
  variants: ({ work, bin, room }) =>
    combine(work, { batching: true, binary: true })
      // An ASGI app in a service goes past its batching.
      .filter(({ batching, binary }) => !(batching && binary))
      .map((setting) => ({
        name: setting.name,
        way: setting.binary ? toOwnWay(true) : rowsWay,
        async start() {
          const port = String(await findPort());
          return startProgram({
            command: [join(bin, "bentoml"), "serve", "service:Peer", "--host", "127.0.0.1", "--port", port],
            cwd: join(peersFolder, "bentoml"),
            env: { ...toEnvironment(setting), BENTOML_HOME: room, BENTOML_DO_NOT_TRACK: "True" },
            url: `http://127.0.0.1:${port}`,
            health: "/readyz",
          });
        },
      })),
};
