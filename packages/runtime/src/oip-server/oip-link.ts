import { SlipwayError } from "@slipway/contract/errors";
import type { ModelReport } from "../program.ts";
import { decodeFrame, encodeFrame, type Frame } from "../remote/frame.ts";
import type { LastSign, Link, LinkEvents } from "../remote/link.ts";
import { encodeError, type RemoteSetup } from "../remote/setup.ts";
import { NoAnswer } from "./http-client.ts";
import type { OipSession } from "./oip-session.ts";

/** The server at the other end, from when it is reached or started. */
export interface OipPeer {
  readonly session: OipSession;
  /** Ends it, where it was started from here; `onEnd` follows. */
  kill?(): void;
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
const farPatienceMs = 3000;
const firstPauseMs = 10;
const longestPauseMs = 250;
/** How often a server that somebody else runs is asked whether it is well, and how often it may not be. */
const watchMs = 2000;
const mostTroubles = 2;
/** The system tells the end of a process after that of its connections. */
const endMs = 1000;

/** Speaks the protocol of model processes on this side and the Open Inference Protocol on the other; one run at a time. */
export function createOipLink({ events, what, address, start }: OipLinkDeps): Link {
  const isFar = address !== null;
  const stop = new AbortController();
  const ended = Promise.withResolvers<void>();
  let peer: OipPeer | null = null;
  let report: ModelReport | null = null;
  let setup: RemoteSetup | null = null;
  let turn: Promise<unknown> = Promise.resolve();
  let unread = false;

  function say(frame: Parameters<typeof encodeFrame>[0]): void {
    if (!stop.signal.aborted) events.onFrame(encodeFrame(frame));
  }
  function end(reason: string, last?: LastSign): void {
    if (stop.signal.aborted) return;
    stop.abort();
    peer?.session.close();
    ended.resolve();
    events.onEnd(reason, last);
  }
  const kill = () => {
    if (peer?.kill) peer.kill();
    else end("it was ended");
  };

  async function open(text: string): Promise<void> {
    setup = JSON.parse(text) as RemoteSetup;
    try {
      if (report === null) {
        const started = await start((reason) => end(reason, { unread }));
        peer = started;
        if (stop.signal.aborted) return started.kill?.();
        await waitUntilReady(started.session);
        report = await started.session.describe(stop.signal);
        if (isFar) watch(started.session);
      }
      say({ kind: "ready", text: JSON.stringify(report) });
    } catch (error) {
      say({ kind: "unopened", text: encodeError(error instanceof NoAnswer ? toUnreachable(error.message) : error) });
    }
  }

  async function waitUntilReady(session: OipSession): Promise<void> {
    const until = performance.now() + farPatienceMs;
    for (let pause = firstPauseMs; ; pause = Math.min(longestPauseMs, pause * 2)) {
      const trouble = await session.findTrouble(stop.signal);
      if (trouble === null) return;
      if (isFar && performance.now() > until) throw toUnreachable(trouble);
      await Promise.race([sleep(pause), ended.promise]);
      stop.signal.throwIfAborted();
    }
  }

  function toUnreachable(why: string): SlipwayError {
    return isFar
      ? new SlipwayError(
          "not_ready",
          `The server ${address} cannot be asked: ${why}. Start it, or correct the address that the model was deployed with.`,
        )
      : new SlipwayError("not_ready", `The program of the model cannot be asked: ${why}.`);
  }

  /** Readiness is to be honest also while nobody asks for a run. */
  function watch(session: OipSession, troubles = 0): void {
    void sleep(watchMs).then(async () => {
      if (stop.signal.aborted) return;
      const trouble = await session.findTrouble(stop.signal);
      if (trouble !== null && troubles + 1 >= mostTroubles) end(trouble);
      else watch(session, trouble === null ? 0 : troubles + 1);
    });
  }

  async function run({ id, tensors }: Frame): Promise<void> {
    if (stop.signal.aborted) return;
    try {
      say({ kind: "outputs", id, tensors: await peer!.session.infer(tensors, setup!.outputs, stop.signal) });
    } catch (error) {
      if (error instanceof NoAnswer) await onNoAnswer(id, error);
      else say({ kind: "failed", id, text: encodeError(error) });
    }
  }

  async function onNoAnswer(id: number, error: NoAnswer): Promise<void> {
    if (isFar) {
      say({ kind: "failed", id, text: encodeError(toUnreachable(error.message)) });
      return end(error.message);
    }
    unread = error.refused;
    // A program that is about to end tells why; one that does not is no server any more.
    await Promise.race([sleep(endMs), ended.promise]);
    unread = false;
    say({
      kind: "failed",
      id,
      text: encodeError(new SlipwayError("model_failed", `The model failed: ${error.message}.`)),
    });
    if (error.refused) kill();
  }

  return {
    what,
    ...(isFar && { isFar }),
    kill,
    send(bytes) {
      const frame = decodeFrame(bytes);
      if (frame.kind === "open") turn = turn.then(() => open(frame.text));
      else if (frame.kind === "run") turn = turn.then(() => run(frame));
      else if (frame.kind === "close") turn = turn.then(kill);
    },
  };
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, ms).unref());
}
