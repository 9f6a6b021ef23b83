// Takes the browser script out of Scalar's package and ends. In a thread of its own: the module that carries the script as
// text has 5 MB, which would hold up the event loop and then stay in memory.
import { parentPort, workerData } from "node:worker_threads";
import { gzipSync } from "node:zlib";
import { fastify, type FastifyPluginCallback } from "fastify";

const { module } = workerData as { module: string };
const { default: plugin } = (await import(module)) as {
  default: FastifyPluginCallback<{ routePrefix: string; configuration: object }>;
};
const app = fastify();
await app.register(plugin, { routePrefix: "/docs", configuration: { content: {} } });
const answer = await app.inject({ url: "/docs/js/scalar.js" });
await app.close();
if (answer.statusCode !== 200) throw new Error(`Scalar answered its own script with ${answer.statusCode}.`);
parentPort?.postMessage(gzipSync(answer.rawPayload));
