import { join } from "node:path";
import { findPort, startProgram } from "../running-program.ts";
import { toRawBytes } from "../question.ts";
import type { HttpWay } from "../variant.ts";
import { combine, peersFolder, toEnvironment, toOwnWay, type Peer } from "./peer.ts";

const boundary = "slipway-bench";

/** Bytes as the file of a form, the only way in which LitServe takes them. */
const formWay: HttpWay = {
  ...toOwnWay(true),
  request: (question) => ({
    method: "POST",
    path: "/predict",
    headers: { "content-type": `multipart/form-data; boundary=${boundary}` },
    body: Buffer.concat([
      Buffer.from(
        `--${boundary}\r\nContent-Disposition: form-data; name="tensor"; filename="tensor"\r\n` +
          "Content-Type: application/octet-stream\r\n\r\n",
      ),
      toRawBytes(question),
      Buffer.from(`\r\n--${boundary}--\r\n`),
    ]),
  }),
};

/** Its settings, with where they are documented, are in bench/peers/litserve/server.py. */
export const litserve: Peer = {
  name: "LitServe",
  variants: ({ work, bin, room }) =>
    combine(work, { batching: true, binary: true }).map((setting) => ({
      name: setting.name,
      way: setting.binary ? formWay : toOwnWay(false),
      async start() {
        const port = String(await findPort());
        return startProgram({
          command: [join(bin, "python"), join(peersFolder, "litserve/server.py"), port],
          cwd: room,
          env: toEnvironment(setting),
          url: `http://127.0.0.1:${port}`,
          health: "/health",
        });
      },
    })),
};
