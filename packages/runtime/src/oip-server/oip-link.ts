import { SlipwayError } from "@slipway/contract/errors";
import type { ModelReport } from "../program.ts";
import { decodeFrame, encodeFrame, type Frame, type FrameBytes } from "../remote/frame.ts";
import type { Link, LinkEvents } from "../remote/link.ts";
import { encodeError, type RemoteSetup } from "../remote/setup.ts";
import { NoAnswer } from "./http-client.ts";
import type { OipSession } from "./oip-session.ts";

/** The server at the other end, from when it is reached or started. */
export interface OipPeer {
  readonly session: OipSession;
  /** Ends it, where it was started from here; `onEnd` follows, with the reason where one is given. */
  kill?(reason: string | null): void;
}

export interface OipLinkDeps {
  readonly events: LinkEvents;
  /** `program`, `server` */
  readonly what: string;
  /** For messages about a server that somebody else runs; null: it is started from here. */
  readonly address: string | null;
  /** `onEnd`: to be called when what was started has ended. */
  readonly start: (onEnd: (reason: string) => void) => Promise<OipPeer>;
}

/** A server that was started from here may take its time; one that is there already answers soon. */
const farPatienceMs = 1500;
const firstPauseMs = 10;
const longestPauseMs = 250;
/** How often a server that somebody else runs is asked whether it is well, and how often it may not be. */
const watchMs = 1000;
const mostTroubles = 2;
/** The system tells the end of a process after that of its connections. */
const endMs = 1000;

/** Speaks the protocol of model processes on this side and the Open Inference Protocol on the other; one run at a time. */
export function createOipLink(deps: OipLinkDeps): Link {
  return new OipLink(deps);
}

class OipLink implements Link {
  readonly what: string;
  readonly isFar: boolean;
  readonly #deps: OipLinkDeps;
  /** Aborted at the end. */
  readonly #stop = new AbortController();
  readonly #ended = Promise.withResolvers<void>();
  #peer: OipPeer | null = null;
  #report: ModelReport | null = null;
  #setup: RemoteSetup | null = null;
  #turn: Promise<unknown> = Promise.resolve();
  #running = false;
  /** Why it cannot be asked yet. */
  #trouble: string | null = null;
  /** Nobody was there to read what was asked last. */
  #unread = false;

  constructor(deps: OipLinkDeps) {
    this.#deps = deps;
    this.what = deps.what;
    this.isFar = deps.address !== null;
  }

  send(bytes: FrameBytes): void {
    const frame = decodeFrame(bytes);
    this.#turn = this.#turn.then(() => {
      if (frame.kind === "open") return this.#open(frame.text);
      if (frame.kind === "run") return this.#run(frame);
      return this.kill();
    });
  }

  kill(): void {
    const late = this.#trouble === null ? null : `it could not be asked in time (${this.#trouble})`;
    if (this.#peer?.kill) this.#peer.kill(late);
    else this.#end(late ?? "it was ended");
  }

  get #isOver(): boolean {
    return this.#stop.signal.aborted;
  }

  #say(frame: Parameters<typeof encodeFrame>[0]): void {
    if (!this.#isOver) this.#deps.events.onFrame(encodeFrame(frame));
  }

  #end(reason: string): void {
    if (this.#isOver) return;
    this.#stop.abort();
    this.#peer?.session.close();
    this.#ended.resolve();
    this.#deps.events.onEnd(reason, { unread: this.#unread });
  }

  async #open(text: string): Promise<void> {
    this.#setup = JSON.parse(text) as RemoteSetup;
    try {
      this.#report ??= await this.#begin();
      this.#say({ kind: "ready", text: JSON.stringify(this.#report) });
    } catch (error) {
      const reason = error instanceof NoAnswer ? this.#toUnreachable(error.message) : error;
      this.#say({ kind: "unopened", text: encodeError(reason) });
    }
  }

  async #begin(): Promise<ModelReport> {
    const peer = await this.#deps.start((reason) => this.#end(reason));
    this.#peer = peer;
    // It was to be ended while it was started.
    if (this.#isOver) peer.kill?.(null);
    await this.#waitUntilReady(peer.session);
    const report = await peer.session.describe(this.#stop.signal);
    if (this.isFar) this.#watch(peer.session);
    return report;
  }

  async #waitUntilReady(session: OipSession): Promise<void> {
    const until = performance.now() + farPatienceMs;
    for (let pause = firstPauseMs; ; pause = Math.min(longestPauseMs, pause * 2)) {
      this.#stop.signal.throwIfAborted();
      const trouble = await session.findTrouble(this.#stop.signal);
      this.#trouble = trouble;
      if (trouble === null) return;
      if (this.isFar && performance.now() > until) throw this.#toUnreachable(trouble);
      await Promise.race([sleep(pause), this.#ended.promise]);
    }
  }

  #toUnreachable(why: string): SlipwayError {
    const { address } = this.#deps;
    return address === null
      ? new SlipwayError("not_ready", `The program of the model cannot be asked: ${why}.`)
      : new SlipwayError(
          "not_ready",
          `The server ${address} cannot be asked: ${why}. Start it, or correct the address that the model was deployed with.`,
        );
  }

  /** Readiness is to be honest also while nobody asks for a run. */
  #watch(session: OipSession, troubles = 0): void {
    void sleep(watchMs).then(async () => {
      if (this.#isOver) return;
      // A server may answer nothing else meanwhile; and what becomes of the run tells as much.
      if (this.#running) return this.#watch(session);
      const trouble = await session.findTrouble(this.#stop.signal);
      if (trouble !== null && troubles + 1 >= mostTroubles) this.#end(trouble);
      else this.#watch(session, trouble === null ? 0 : troubles + 1);
    });
  }

  async #run({ id, tensors }: Frame): Promise<void> {
    if (this.#isOver) return;
    this.#running = true;
    try {
      const outputs = await this.#peer!.session.infer(tensors, this.#setup!.outputs, this.#stop.signal);
      this.#say({ kind: "outputs", id, tensors: outputs });
    } catch (error) {
      if (error instanceof NoAnswer) await this.#onNoAnswer(id, error);
      else this.#say({ kind: "failed", id, text: encodeError(error) });
    } finally {
      this.#running = false;
    }
  }

  async #onNoAnswer(id: number, { message, refused }: NoAnswer): Promise<void> {
    if (this.isFar) {
      this.#say({ kind: "failed", id, text: encodeError(this.#toUnreachable(message)) });
      return this.#end(message);
    }
    this.#unread = refused;
    // A program that is about to end tells why; one that does not is no server any more.
    await Promise.race([sleep(endMs), this.#ended.promise]);
    this.#unread = false;
    this.#say({
      kind: "failed",
      id,
      text: encodeError(new SlipwayError("model_failed", `The model failed: ${message}.`)),
    });
    if (refused) this.kill();
  }
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, ms).unref());
}
