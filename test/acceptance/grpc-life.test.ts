import { connect as connectHttp2 } from "node:http2";
import { connect, createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { root } from "../../tools/layer-list.ts";
import { runCli } from "../lib/cli.ts";
import { deploy } from "../lib/deploy.ts";
import { fetchJson } from "../lib/fetch-json.ts";
import { createGrpcClient, grpcStatus, type GrpcClient } from "../lib/grpc-client.ts";
import { askHttp2, inFlight, oneByOne, openClient, raw, slow, toFrame, watch } from "../lib/grpc-requests.ts";
import { smallModel } from "../lib/models.ts";
import { startServer, useServer } from "../lib/server.ts";

const server = useServer();
let client: GrpcClient;

beforeAll(async () => {
  await deploy(server.url, smallModel("iris-int"), { name: "iris" });
  await deploy(server.url, smallModel("slow"), { manifest: oneByOne });
  client = createGrpcClient(server.grpc);
}, 60_000);
afterAll(() => client.close());

describe("time", () => {
  const infer = "/inference.GRPCInferenceService/ModelInfer";

  test("a deadline of the call is kept by the server, which says so in time", async () => {
    const message = toFrame(slow());
    let why = "";
    // A busy machine may take the whole time to read the request.
    for (let attempt = 0; attempt < 50 && (why === "" || /before the request was read/.test(why)); attempt++) {
      const answer = await askHttp2(server.grpc, { ":path": infer, "grpc-timeout": "10m" }, message);
      expect([grpcStatus.DEADLINE_EXCEEDED, grpcStatus.UNAVAILABLE], answer.message).toContain(answer.code);
      why = answer.message;
    }
    expect(why).not.toMatch(/before the request was read/);
    expect((await askHttp2(server.grpc, { ":path": infer, "grpc-timeout": "20S" }, message)).code).toBe(grpcStatus.OK);
  });

  test("Triton's parameter, in microseconds, is one too", async () => {
    const { code } = await client.call("ModelInfer", slow({ parameters: { timeout: { int64_param: 1500 } } }));
    expect(code).toBe(grpcStatus.DEADLINE_EXCEEDED);
  });

  test("a call that is cancelled frees its place, and is on record as cancelled", async () => {
    const ahead = Array.from({ length: 40 }, () => client.call("ModelInfer", slow()));
    await expect.poll(() => inFlight(server.url, "slow"), { timeout: 20_000 }).toBeGreaterThan(10);
    const leaving = new AbortController();
    const cancelled = client.call("ModelInfer", slow({ id: "leaves" }), { signal: leaving.signal });
    const lost = connectHttp2(`http://${server.grpc}`).on("error", () => {});
    const request = lost.request({ ":method": "POST", ":path": infer, "content-type": "application/grpc" });
    request.on("error", () => {}).end(toFrame(slow({ id: "lost" })));
    await new Promise((resolve) => request.once("finish", resolve));
    // It is answered after what was sent before it.
    await new Promise((resolve) => lost.ping(resolve));
    leaving.abort();
    lost.destroy();
    expect((await cancelled).code).toBe(grpcStatus.CANCELLED);
    const codes = async () => {
      const { body } = await fetchJson(`${server.url}/api/v1/endpoints/slow/predictions?limit=100`);
      const items = body.items as { request_id: string | null; error: { code: string } | null }[];
      return ["leaves", "lost"].map((id) => items.find(({ request_id }) => request_id === id)?.error?.code);
    };
    await expect.poll(codes, { timeout: 20_000 }).toEqual(["cancelled", "cancelled"]);
    expect(new Set((await Promise.all(ahead)).map(({ code }) => code))).toEqual(new Set([grpcStatus.OK]));
  }, 60_000);

  test("many messages of a stream may wait at once, and nobody warns of it", async () => {
    const { stream, answers, ended } = client.open("ModelStreamInfer");
    for (let i = 0; i < 30; i++) stream.write(slow());
    stream.end();
    expect(await ended).toMatchObject({ code: grpcStatus.OK });
    expect(answers.filter(({ error_message }) => error_message !== "")).toEqual([]);
    expect(server.stderr()).not.toContain("MaxListenersExceededWarning");
  });

  test("who sends no request, or half of one, is not waited for", async () => {
    const hasty = await startServer({ args: ["--request-timeout", "300ms"] });
    const silent = connect(Number(hasty.grpc.split(":")[1]), "127.0.0.1");
    const closed = new Promise<void>((resolve) => silent.once("close", () => resolve()));
    silent.resume();
    const session = connectHttp2(`http://${hasty.grpc}`);
    onTestFinished(() => session.destroy());
    const stream = session.request({ ":method": "POST", ":path": infer, "content-type": "application/grpc" });
    const status = new Promise((resolve) => stream.once("response", (headers) => resolve(headers["grpc-status"])));
    stream.on("error", () => {}).resume();
    stream.write(Buffer.from([0, 0, 0, 1]));
    expect(await status).toBe(String(grpcStatus.DEADLINE_EXCEEDED));
    await closed;
  });
});

describe("a server with tokens and a certificate", () => {
  const certs = join(root, "test/lib/certs");
  const [certificate, key] = [join(certs, "localhost.crt"), join(certs, "localhost.key")];
  const admin = "the-first-admin-token";
  const secured = useServer({ args: ["--tls-cert", certificate, "--tls-key", key], env: { SLIPWAY_TOKEN: admin } });
  const address = () => secured.grpc.replace("127.0.0.1", "localhost");
  const as = (token?: string) => openClient(address(), { certificate, ...(token === undefined ? {} : { token }) });

  beforeAll(async () => {
    const args = ["deploy", smallModel("iris-int"), "--name", "iris"];
    const env = { SLIPWAY_TOKEN: admin, NODE_EXTRA_CA_CERTS: certificate };
    const deployed = await runCli(args, { url: secured.url, env });
    expect(deployed.code, deployed.stderr).toBe(0);
  }, 60_000);

  async function createToken(scope: string, more: readonly string[] = []): Promise<string> {
    const made = await runCli([
      "token",
      "create",
      "--data",
      secured.data,
      "--user",
      `${scope}-user`,
      "--scope",
      scope,
      ...more,
      "-o",
      "json",
    ]);
    expect(made.code, made.stderr).toBe(0);
    return (JSON.parse(made.stdout) as { secret: string }).secret;
  }

  test("lets in who may", async () => {
    expect((await as(admin).call("ModelInfer", raw)).code).toBe(grpcStatus.OK);
    const infer = as(await createToken("infer"));
    expect((await infer.call("ModelInfer", raw)).code).toBe(grpcStatus.OK);
    const { stream, until, answers } = infer.open("ModelStreamInfer");
    stream.write(raw);
    await until(1);
    expect(answers[0].error_message).toBe("");
    stream.end();
    expect(await infer.call("RepositoryModelUnload", { model_name: "iris" })).toMatchObject({
      code: grpcStatus.PERMISSION_DENIED,
      message: expect.stringMatching(/infer-user has a token for "infer".*RepositoryModelUnload needs "deploy"/),
    });
    const deployer = as(await createToken("deploy"));
    expect((await deployer.call("RepositoryIndex")).code).toBe(grpcStatus.OK);
    expect((await as(await createToken("read")).call("ModelInfer", raw)).code).toBe(grpcStatus.PERMISSION_DENIED);
  }, 60_000);

  test("and nobody else, but to ask for its health", async () => {
    const stranger = as();
    expect(await stranger.call("ModelInfer", raw)).toMatchObject({
      code: grpcStatus.UNAUTHENTICATED,
      message: expect.stringMatching(/needs a token/),
    });
    expect((await as("wrong").call("ModelInfer", raw)).code).toBe(grpcStatus.UNAUTHENTICATED);
    expect(await stranger.open("ModelStreamInfer").ended).toMatchObject({ code: grpcStatus.UNAUTHENTICATED });
    for (const method of ["ModelMetadata", "ModelConfig", "ModelStatistics", "RepositoryIndex"])
      expect((await stranger.call(method, { name: "iris" })).code, method).toBe(grpcStatus.UNAUTHENTICATED);
    expect((await stranger.call("ServerReady")).body).toEqual({ ready: true });
    const health = openClient(address(), { certificate, proto: "health.proto", service: "grpc.health.v1.Health" });
    expect((await health.call("Check")).body).toEqual({ status: "SERVING" });
    expect((await health.call("Check", { service: "iris" })).code).toBe(grpcStatus.UNAUTHENTICATED);
  });

  test("and not more often than a token may, in a stream too", async () => {
    const limited = as(await createToken("infer", ["--rate", "1/m"]));
    expect((await limited.call("ModelInfer", raw)).code).toBe(grpcStatus.OK);
    const refused = await limited.call("ModelInfer", raw);
    expect(refused.code, refused.message).toBe(grpcStatus.RESOURCE_EXHAUSTED);
    expect(Number(refused.trailers["retry-after"])).toBeGreaterThan(1);
    const other = as(await createToken("infer", ["--rate", "1/m"]));
    const { stream, answers, until } = other.open("ModelStreamInfer");
    stream.write(raw);
    stream.write(raw);
    await until(2);
    stream.end();
    expect(answers.map(({ error_message }) => error_message === "")).toEqual([true, false]);
  }, 60_000);

  test("does not speak in the clear", async () => {
    const plain = openClient(secured.grpc);
    expect((await plain.call("ServerLive", {}, { deadline: Date.now() + 3_000 })).code).not.toBe(grpcStatus.OK);
  });
});

describe("the end", () => {
  test("a stop answers what is under way, ends streams, and takes nothing new", async () => {
    const ending = await startServer();
    await deploy(ending.url, smallModel("slow"), { manifest: oneByOne });
    const caller = openClient(ending.grpc);
    const idle = openClient(ending.grpc).open("ModelStreamInfer");
    const health = openClient(ending.grpc, { proto: "health.proto", service: "grpc.health.v1.Health" });
    const watcher = watch(health.open, "");
    await watcher.until(1);
    idle.stream.write(slow());
    await idle.until(1);
    const underWay = Array.from({ length: 30 }, () => caller.call("ModelInfer", slow()));
    await expect.poll(() => inFlight(ending.url, "slow"), { timeout: 20_000, interval: 5 }).toBeGreaterThan(5);
    const stopped = ending.stop("SIGTERM");
    expect(await idle.ended).toMatchObject({
      code: grpcStatus.UNAVAILABLE,
      message: expect.stringMatching(/shutting down/),
    });
    await watcher.ended;
    expect(watcher.answers.map(({ status }) => status)).toEqual(["SERVING", "NOT_SERVING"]);
    expect(new Set((await Promise.all(underWay)).map(({ code }) => code))).toEqual(new Set([grpcStatus.OK]));
    expect(await stopped).toBe(0);
    expect((await openClient(caller === null ? "" : "127.0.0.1:1").call("ServerLive")).code).toBe(
      grpcStatus.UNAVAILABLE,
    );
  }, 60_000);
});

describe("the port", () => {
  const taken = async (): Promise<number> => {
    const holder = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => holder.once("listening", resolve));
    onTestFinished(() => void holder.close());
    return (holder.address() as AddressInfo).port;
  };

  test("is the one that is asked for, or none", async () => {
    const none = await startServer({ args: ["--grpc-port", "off"] });
    expect(() => none.grpc).toThrow("no gRPC");
    await expect(startServer({ args: ["--grpc-port", "nowhere"] })).rejects.toThrow(
      /grpc_port: expected a port, or off/,
    );
  }, 40_000);

  test("that is asked for and taken stops the start and is named", async () => {
    const port = await taken();
    await expect(startServer({ args: ["--grpc-port", String(port)] })).rejects.toThrow(
      `The gRPC port ${port} on 127.0.0.1 is taken`,
    );
  });

  test("that is only usual and taken is a warning", async () => {
    const usual = createServer()
      .on("error", () => {})
      .listen(8081, "127.0.0.1");
    onTestFinished(() => void usual.close());
    await new Promise((resolve) => usual.once("listening", resolve).once("error", resolve));
    const holder = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => holder.once("listening", resolve));
    const { port } = holder.address() as AddressInfo;
    await new Promise((resolve) => holder.close(resolve));
    const running = await startServer({ args: ["--port", String(port)] });
    expect(() => running.grpc).toThrow("no gRPC");
    expect(running.stderr()).toMatch(/The gRPC port 8081 on 127\.0\.0\.1 is taken.*--grpc-port/);
  });

  test("survives whatever is thrown at it", async () => {
    const port = Number(server.grpc.split(":")[1]);
    const preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    const noise = [
      "GET / HTTP/1.1\r\n\r\n",
      "\u0000".repeat(1000),
      preface,
      `${preface}${"\u00ff".repeat(5000)}`,
      preface.slice(0, 9),
    ];
    for (const bytes of noise) {
      const socket = connect(port, "127.0.0.1").on("error", () => {});
      socket.end(Buffer.from(bytes, "latin1"));
      await new Promise((resolve) => socket.once("close", resolve).resume());
    }
    for (const body of [
      Buffer.alloc(0),
      Buffer.alloc(3),
      Buffer.from([9, 0, 0, 0, 0]),
      Buffer.from([0, 255, 255, 255, 255]),
      Buffer.from([1, 0, 0, 0, 1, 7]),
      Buffer.from([0, 0, 0, 0, 2, 255, 255]),
    ]) {
      const { code } = await askHttp2(
        server.grpc,
        { ":path": "/inference.GRPCInferenceService/ModelInfer", "grpc-encoding": "gzip" },
        body,
      );
      expect([grpcStatus.INVALID_ARGUMENT, grpcStatus.RESOURCE_EXHAUSTED], body.toString("hex")).toContain(code);
    }
    expect((await client.call("ModelInfer", raw)).code).toBe(grpcStatus.OK);
  });
});
