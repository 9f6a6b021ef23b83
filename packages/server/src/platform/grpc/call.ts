import type { IncomingHttpHeaders, ServerHttp2Stream } from "node:http2";
import { SlipwayError } from "@slipway/contract";
import type { Clock } from "../../kernel/clock.ts";
import { chooseEncoding, compressFrame, encodings, parseEncoding, type Encoding } from "./compression.ts";
import type { Frame, GrpcCall, GrpcServices } from "./methods.ts";
import { encodeMessage } from "./status.ts";
import { parseGrpcTimeout } from "./timeout.ts";

const contentType = "application/grpc";
/** Name after name and value: what Node has to do least with. */
const plainHeaders: readonly string[] = [":status", "200", "content-type", contentType];
const respondOptions = { waitForTrailers: true, sendDate: false };
const lingerMs = 1_000;

/** What all kinds of calls share: the headers that came, the answer and the status that go. */
export class Call implements GrpcCall {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly stream: ServerHttp2Stream;
  readonly startedAt: number;
  /** Of the messages that come. */
  readonly encoding: Encoding;
  user: string | null = null;
  ended = false;
  readonly #clock: Clock;
  readonly #services: GrpcServices;
  readonly #timeoutMs: number | null;
  #trailers: Record<string, string> | null = null;
  #responded = false;

  /** @throws SlipwayError */
  constructor(
    stream: ServerHttp2Stream,
    headers: IncomingHttpHeaders,
    { clock, services }: { readonly clock: Clock; readonly services: GrpcServices },
  ) {
    this.stream = stream;
    this.headers = headers;
    this.path = headers[":path"] ?? "";
    this.#clock = clock;
    this.#services = services;
    this.startedAt = clock.monotonic();
    this.encoding = parseEncoding(headers["grpc-encoding"] as string | undefined);
    this.#timeoutMs = parseGrpcTimeout(headers["grpc-timeout"] as string | undefined);
  }

  get trailers(): Record<string, string> {
    return (this.#trailers ??= {});
  }

  timeLeft(): number | null {
    if (this.#timeoutMs === null) return null;
    return this.#timeoutMs - (this.#clock.monotonic() - this.startedAt);
  }

  /** @throws SlipwayError `deadline_exceeded` */
  requireTime(): void {
    const left = this.timeLeft();
    if (left !== null && left <= 0)
      throw new SlipwayError("deadline_exceeded", "The deadline passed before the request was read.");
  }

  onGone(gone: () => void): () => void {
    this.stream.once("close", gone);
    return () => this.stream.off("close", gone);
  }

  get answerEncoding(): Encoding {
    if (this.encoding === "identity") return "identity";
    return chooseEncoding(this.encoding, this.headers["grpc-accept-encoding"] as string | undefined);
  }

  /** Sends the headers of an answer, once. */
  #respond(): void {
    if (this.#responded) return;
    this.#responded = true;
    const encoding = this.answerEncoding;
    const headers = encoding === "identity" ? plainHeaders : [...plainHeaders, "grpc-encoding", encoding];
    this.stream.respond(headers, respondOptions);
    this.stream.once("wantTrailers", () => {
      if (!this.stream.destroyed) this.stream.sendTrailers({ "grpc-status": "0", ...this.#trailers });
    });
  }

  /** Sends one message; false where it waits to leave. */
  write(frame: Frame): boolean {
    if (this.#isGone()) return true;
    this.#respond();
    let room = true;
    for (const piece of frame) room = this.stream.write(piece);
    return room;
  }

  compressed(frame: Frame): Frame | Promise<Frame> {
    return this.answerEncoding === "identity" ? frame : compressFrame(frame, this.answerEncoding);
  }

  /** Ends with status 0, after a last message where one is given. */
  finish(frame: Frame = []): void {
    if (this.ended) return;
    this.ended = true;
    if (this.stream.destroyed || this.stream.closed) return;
    this.#respond();
    for (let i = 0; i < frame.length - 1; i++) this.stream.write(frame[i]);
    if (frame.length > 0) this.stream.end(frame.at(-1));
    else this.stream.end();
  }

  /** Ends with the status that the error has. */
  fail(error: unknown): void {
    if (this.ended) return;
    this.ended = true;
    const { status, message, trailers } = this.#services.toFailure(error);
    if (this.stream.destroyed || this.stream.closed) return;
    const given = {
      "grpc-status": String(status),
      "grpc-message": encodeMessage(message),
      ...this.#trailers,
      ...trailers,
    };
    if (this.#responded) {
      Object.assign(this.trailers, given);
      this.stream.end();
      return;
    }
    const headers = { ":status": 200, "content-type": contentType, "grpc-accept-encoding": encodings };
    this.#responded = true;
    this.stream.respond({ ...headers, ...given }, { endStream: true });
    if (!this.stream.readableEnded) void this.#discard();
  }

  /** What the caller still sends is not wanted. A reset at once would overtake the status. */
  async #discard(): Promise<void> {
    this.stream.resume();
    await this.#clock.sleep(lingerMs);
    if (!this.stream.destroyed) this.stream.close();
  }

  #isGone(): boolean {
    return this.ended || this.stream.destroyed || this.stream.closed;
  }
}
