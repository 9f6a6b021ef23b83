import { afterAll, afterEach, beforeAll, onTestFinished } from "vitest";
import { createServer, type ServerOptions, type TestServer } from "./running-server.ts";

export type { ServerOptions, TestServer };

/**
 * Starts a server for one test. At the end of the test it is killed; its folder is removed, or kept and named where the
 * test failed.
 * @throws Error with the whole stderr where the server ends or says nothing before `readyMs`
 */
export async function startServer(options: ServerOptions = {}): Promise<TestServer> {
  const { server, end } = createServer(options);
  onTestFinished(({ task }) => end(task.result?.state === "fail"));
  await server.restart();
  return server;
}

/** One server for all tests of a file or a `describe`; call it at the top, use what it returns inside tests. */
export function useServer(options: ServerOptions = {}): TestServer {
  const { server, end } = createServer(options);
  let failed = false;
  beforeAll(async () => {
    failed = true;
    await server.restart();
    failed = false;
  });
  afterEach(({ task }) => {
    failed ||= task.result?.state === "fail";
  });
  afterAll(() => end(failed));
  return server;
}
