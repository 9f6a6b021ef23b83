import { readFileSync } from "node:fs";
import Fastify from "fastify";

/**
 * The peer of the serving benchmark: a bare Fastify that parses a JSON body and answers JSON. `node bench/echo.ts [FILE]`:
 * it answers with the object in FILE, serialised anew each time, or with the body itself. POST / on a free port.
 */
const file = process.argv[2];
const answer: unknown = file === undefined ? null : JSON.parse(readFileSync(file, "utf8"));
const app = Fastify();
app.post("/", async (request) => answer ?? request.body);
await app.listen({ host: "127.0.0.1", port: 0 });
process.stdout.write(`Echo is ready at ${app.listeningOrigin}\n`);
process.once("SIGTERM", () => void app.close());
