import { connect as connectHttp2 } from "node:http2";
import { connect } from "node:net";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { systemClock } from "../../kernel/clock.ts";
import { silentLogger } from "../../kernel/logger.ts";
import { chooseEncoding, compressFrame, decompress } from "./compression.ts";
import { listenGrpc, type GrpcListener } from "./listen-grpc.ts";
import { frameHead, MessageReader, toFrame } from "./message-reader.ts";
import type { GrpcServices, UnaryMethod } from "./methods.ts";
import { encodeMessage, grpcStatus } from "./status.ts";
import { parseGrpcTimeout } from "./timeout.ts";

/** A message with its head. */
function frame(message: Uint8Array): Buffer {
  return Buffer.concat(toFrame([Buffer.concat([Buffer.alloc(frameHead), message])], message.length, frameHead));
}

describe("messages of a stream", () => {
  test("are the same however the bytes are cut", () => {
    const messages = fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 5 });
    fc.assert(
      fc.property(messages, fc.array(fc.integer({ min: 1, max: 100 }), { minLength: 1 }), (sent, cuts) => {
        const bytes = Buffer.concat(sent.map(frame));
        const reader = new MessageReader(1000);
        const got: Buffer[] = [];
        for (let at = 0, i = 0; at < bytes.length; i++) {
          const end = Math.min(bytes.length, at + cuts[i % cuts.length]!);
          reader.push(bytes.subarray(at, end), (message) => got.push(message.bytes));
          at = end;
        }
        expect(reader.unfinished).toBe(false);
        expect(got.map((message) => [...message])).toEqual(sent.map((message) => [...message]));
      }),
    );
  });

  test("half of one is unfinished; one too long, and what is none, are refused at their head", () => {
    const reader = new MessageReader(10);
    reader.push(frame(Buffer.alloc(10)).subarray(0, 7), () => expect.fail("it is not whole"));
    expect(reader.unfinished).toBe(true);
    const push = (bytes: Buffer) => () => new MessageReader(10).push(bytes, () => {});
    expect(push(Buffer.from([0, 0, 0, 0, 11]))).toThrow("The message has 11 bytes, more than the 10");
    expect(push(Buffer.from([2, 0, 0, 0, 0]))).toThrow("starts with the byte 2");
  });

  test("are compressed where that gains something, and inflate up to the limit", async () => {
    const much = Buffer.alloc(5000, 7);
    const [head, body] = await compressFrame([frame(much)], "gzip");
    expect([head![0], head!.readUInt32BE(1)]).toEqual([1, body!.length]);
    expect(await decompress(body!, "gzip", 5000)).toEqual(much);
    await expect(decompress(body!, "gzip", 4999)).rejects.toMatchObject({ code: "too_large" });
    await expect(decompress(much, "deflate", 5000)).rejects.toMatchObject({ code: "invalid_request" });
    await expect(decompress(gzipSync(much), "identity", 5000)).rejects.toThrow("no grpc-encoding is named");
    const little = [frame(Buffer.alloc(100))];
    expect(await compressFrame(little, "gzip")).toBe(little);
    expect(chooseEncoding("gzip", "identity, gzip")).toBe("gzip");
    expect(chooseEncoding("gzip", "identity")).toBe("identity");
    expect(chooseEncoding("identity", "gzip")).toBe("identity");
  });
});

describe("headers", () => {
  test.each([
    ["1H", 3_600_000],
    ["2M", 120_000],
    ["3S", 3_000],
    ["99999999m", 99_999_999],
    ["500u", 0.5],
    ["1000n", 0.001],
  ])("grpc-timeout %s", (text, ms) => expect(parseGrpcTimeout(text)).toBeCloseTo(ms, 9));

  test.each(["", "5", "5s", "-1S", "1.5S", "123456789S", "S"])("grpc-timeout %j is none", (text) => {
    expect(() => parseGrpcTimeout(text)).toThrow("grpc-timeout");
  });

  test("a message of an error is plain text or percent-encoded, and of bounded length", () => {
    expect(encodeMessage("There is no model.")).toBe("There is no model.");
    expect(encodeMessage("50 % für ü\n")).toBe("50 %25 f%C3%BCr %C3%BC%0A");
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (text) => {
        expect(decodeURIComponent(encodeMessage(text))).toBe(text);
      }),
    );
    expect(encodeMessage("x".repeat(100_000)).length).toBeLessThan(3_000);
  });
});

describe("the port", () => {
  const answer: UnaryMethod = { kind: "unary", admit: () => {}, answer: async (_call, message) => [frame(message)] };

  async function open(
    method: UnaryMethod = answer,
  ): Promise<{ listener: GrpcListener; load: ReturnType<typeof vi.fn> }> {
    const services: GrpcServices = {
      methods: new Map([["/a.B/C", method]]),
      toFailure: (thrown) => ({ status: grpcStatus.unknown, message: String(thrown), trailers: {} }),
    };
    const load = vi.fn(async () => services);
    const listener = await listenGrpc({
      host: "127.0.0.1",
      port: 0,
      tls: null,
      bodyLimit: 1000,
      requestTimeoutMs: 10_000,
      loopbackOnly: true,
      clock: systemClock,
      logger: silentLogger,
      loadServices: load,
    });
    onTestFinished(() => listener.destroy());
    return { listener, load };
  }

  function call(
    listener: GrpcListener,
    message: Buffer,
  ): { ended: Promise<string>; session: ReturnType<typeof connectHttp2> } {
    const session = connectHttp2(`http://127.0.0.1:${listener.port}`);
    onTestFinished(() => session.destroy());
    const stream = session.request({ ":method": "POST", ":path": "/a.B/C", "content-type": "application/grpc" });
    let status = "none";
    const take = (headers: Record<string, unknown>) => (status = String(headers["grpc-status"] ?? status));
    stream
      .on("response", take)
      .on("trailers", take)
      .on("error", () => {})
      .resume();
    stream.end(frame(message));
    return { session, ended: new Promise((resolve) => stream.once("close", () => resolve(status))) };
  }

  test("loads nothing until somebody connects, and once for all", async () => {
    const { listener, load } = await open();
    expect(load).not.toHaveBeenCalled();
    expect(await Promise.all([1, 2, 3].map(() => call(listener, Buffer.alloc(9)).ended))).toEqual(["0", "0", "0"]);
    expect(load).toHaveBeenCalledTimes(1);
  });

  test("that nobody called drains at once", async () => {
    const { listener } = await open();
    await listener.drain();
    const refused = connect(listener.port, "127.0.0.1");
    await expect(
      new Promise((resolve, reject) => refused.once("connect", resolve).once("error", reject)),
    ).rejects.toThrow("ECONNREFUSED");
  });

  test("drains when what is under way is answered; what is not is cut by `destroy`", async () => {
    const answers: (() => void)[] = [];
    const { listener } = await open({
      ...answer,
      answer: (_call, message) => new Promise((resolve) => answers.push(() => resolve([frame(message)]))),
    });
    const [first, second] = [call(listener, Buffer.alloc(1)), call(listener, Buffer.alloc(1))];
    await expect.poll(() => answers.length).toBe(2);
    const told = new Promise((resolve) => first.session.once("goaway", resolve));
    let drained = false;
    const draining = listener.drain().then(() => (drained = true));
    answers[0]!();
    expect(await first.ended).toBe("0");
    await told;
    expect(drained).toBe(false);
    listener.destroy();
    expect(await second.ended).toBe("none");
    await draining;
  });

  test("fails a method that throws, whatever it throws", async () => {
    const { listener } = await open({ ...answer, answer: () => Promise.reject(new Error("no")) });
    expect(await call(listener, Buffer.alloc(1)).ended).toBe(String(grpcStatus.unknown));
  });
});
