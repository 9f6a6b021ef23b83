import { enableCompileCache } from "node:module";
import { serveSocket } from "../process/serve-socket.ts";
import { watch } from "../process/watchdog.ts";
import { createRemoteEnd } from "../remote/serve-frames.ts";
import { openRemoteModel } from "./open-remote.ts";

/** The process of one replica: opens the model that it is told, answers runs, ends when it is told to or the server is gone. */
enableCompileCache();
const end = createRemoteEnd((setup) => {
  watch(setup);
  return openRemoteModel(setup);
});
try {
  await serveSocket(3, end);
} catch (error) {
  // Nobody is there to hear it where the socket is closed.
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 1;
}
