import { SlipwayError } from "@slipway/contract/errors";
import { ReplicaDied, RunNotBegun } from "../run-errors.ts";
import type { Replica, RunHints } from "../runtime.ts";
import type { Tensor } from "../tensor.ts";
import { decodeFrame, encodeFrame, FrameError, type Frame, type FrameBytes } from "./frame.ts";
import type { Connect, LastSign, Link } from "./link.ts";
import { createRunWatch } from "./run-watch.ts";
import { decodeError, type RemoteSetup } from "./setup.ts";

export interface RemoteOptions {
  /** Wait before the first restart of an end that died; doubles with each death in a row, up to `maxBackoffMs`. */
  readonly backoffMs?: number;
  readonly maxBackoffMs?: number;
  /** How long a process that is to close may still run before it is killed. */
  readonly closeMs?: number;
  /** Told of each death, of each restart that failed, and (null) of being in service again. */
  readonly onTrouble?: (copy: string, reason: string | null) => void;
}

export interface RemoteReplicaDeps extends RemoteOptions {
  readonly connect: Connect;
  readonly setup: RemoteSetup;
  /** For messages: `flight-delay@2`. */
  readonly name: string;
  readonly check?: (copy: Replica) => Promise<unknown>;
  /** Where the other end can be killed. */
  readonly runLimitMs?: number;
}

/** How long a process that was started anew may take to open its model. */
const reopenMs = 120_000;

interface Pending {
  readonly limitMs: number | undefined;
  readonly resolve: (outputs: readonly Tensor[]) => void;
  readonly reject: (error: SlipwayError) => void;
}

/** One worker thread or process, from its start to its end. */
interface Life {
  readonly link: Link;
  /** With what the other end says of the model. */
  readonly opened: Promise<string>;
  readonly ended: Promise<void>;
}

/**
 * One remote end and the runs it holds, which it does one after the other. When it dies, the run that was under way is rejected with
 * ReplicaDied, since it may be why; those behind it, and all until the next life is up and has passed the check, with RunNotBegun.
 */
export class RemoteReplica implements Replica {
  /** While one runs, the next one is on its way already. */
  readonly depth = 2;
  readonly #deps: RemoteReplicaDeps;
  readonly #pending = new Map<number, Pending>();
  #life: Life | null = null;
  #ready = false;
  #closing: Promise<void> | null = null;
  #lastId = 0;
  /** Deaths since the last answer. */
  #deaths = 0;
  #restart: NodeJS.Timeout | undefined;
  readonly #runWatch = createRunWatch((limitMs) => {
    this.#broken ??= `a run was not over after ${limitMs / 1000} s`;
    this.#life?.link.kill?.();
  });
  readonly #waitForReady: (() => void)[] = [];
  /** Why it is out of service. */
  #trouble: string | null = null;
  /** Why this life is being ended from here. */
  #broken: string | null = null;
  /** The open that the other end has not answered yet. */
  #opening = Promise.withResolvers<string>();
  #setup: RemoteSetup;
  #isFar = false;

  constructor(deps: RemoteReplicaDeps) {
    this.#deps = deps;
    this.#setup = deps.setup;
  }

  get ready(): boolean {
    return this.#ready;
  }

  get trouble(): string | null {
    return this.#ready ? null : this.#notReady().message;
  }

  /** Resolves when the model is open, with what the other end says of it; where it cannot be opened, nothing stays behind. `signal` may end a process. */
  async start(signal?: AbortSignal): Promise<string> {
    const life = this.#begin();
    const kill = () => life.link.kill?.();
    if (signal?.aborted) kill();
    signal?.addEventListener("abort", kill, { once: true });
    try {
      const report = await life.opened;
      this.#ready = true;
      return report;
    } catch (error) {
      await endLife(life);
      throw error;
    } finally {
      signal?.removeEventListener("abort", kill);
    }
  }

  /** Has the same end open its model with other tensors, nothing being under way: what it was first opened to say is known now. */
  async reopen(setup: Partial<RemoteSetup>): Promise<string> {
    const life = this.#life;
    if (life === null) throw this.#notReady();
    this.#setup = { ...this.#setup, ...setup };
    this.#opening = Promise.withResolvers();
    life.link.send(encodeFrame({ kind: "open", text: JSON.stringify(this.#setup) }));
    return this.#opening.promise;
  }

  run(inputs: readonly Tensor[], hints?: RunHints): Promise<readonly Tensor[]> {
    if (this.#ready && this.#closing === null) return this.#ask(inputs, hints);
    return Promise.reject(this.#closing === null ? this.#notReady() : closedError());
  }

  whenReady(): Promise<void> {
    if (this.#ready || this.#closing !== null) return Promise.resolve();
    return new Promise((resolve) => this.#waitForReady.push(resolve));
  }

  /** Answers what is running first, however long a thread takes: native code there cannot be interrupted. */
  close(): Promise<void> {
    return (this.#closing ??= this.#close());
  }

  async #close(): Promise<void> {
    clearTimeout(this.#restart);
    this.#tellReady();
    const life = this.#life;
    if (life === null) return;
    // What is not in service has no answers to give.
    if (!this.#ready) return endLife(life);
    life.link.send(encodeFrame({ kind: "close" }));
    const { closeMs = 10_000 } = this.#deps;
    const patience = life.link.kill && setTimeout(() => life.link.kill?.(), closeMs);
    await life.ended;
    clearTimeout(patience);
  }

  #begin(): Life {
    const opened = Promise.withResolvers<string>();
    this.#opening = opened;
    const ended = Promise.withResolvers<void>();
    const link = this.#deps.connect({
      onFrame: (bytes) => {
        try {
          this.#receive(decodeFrame(bytes));
        } catch (error) {
          // What says one thing that cannot be understood is not believed in anything else.
          this.#broken ??= `it said what is no answer: ${(error as Error).message}`;
          void endLife(life);
        }
      },
      onEnd: (reason, last) => {
        this.#runWatch.stop();
        const why = this.#broken ?? reason;
        this.#life = null;
        this.#broken = null;
        this.#opening.reject(
          new SlipwayError("not_ready", `The ${link.what} of ${this.#deps.name} did not start: ${why}.`),
        );
        ended.resolve();
        this.#onEnd(link, why, last);
      },
    });
    const life: Life = { link, opened: opened.promise, ended: ended.promise };
    this.#life = life;
    this.#isFar = link.isFar ?? false;
    // After a death, nobody waits for it.
    opened.promise.catch(() => {});
    link.send(encodeFrame({ kind: "open", text: JSON.stringify(this.#setup) }));
    return life;
  }

  #receive(frame: Frame): void {
    if (frame.kind === "ready") return this.#opening.resolve(frame.text);
    if (frame.kind === "unopened") return this.#opening.reject(decodeError(frame.text));
    const pending = this.#pending.get(frame.id);
    this.#pending.delete(frame.id);
    this.#watchRun();
    if (this.#ready) this.#deaths = 0;
    if (frame.kind === "outputs") pending?.resolve(frame.tensors);
    else if (frame.kind === "failed") pending?.reject(decodeError(frame.text));
    else throw new FrameError(`a frame of the kind "${frame.kind}" comes from the server only`);
  }

  #ask(inputs: readonly Tensor[], { limitMs = this.#deps.runLimitMs }: RunHints = {}): Promise<readonly Tensor[]> {
    const life = this.#life;
    if (life === null) return Promise.reject(this.#notReady());
    const id = (this.#lastId = (this.#lastId + 1) >>> 0);
    let frame: FrameBytes;
    try {
      frame = encodeFrame({ kind: "run", id, tensors: inputs });
    } catch (error) {
      return Promise.reject(new SlipwayError("too_large", (error as Error).message, {}, error));
    }
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { limitMs, resolve, reject });
      if (this.#pending.size === 1) this.#watchRun();
      life.link.send(frame);
    });
  }

  /** The run that has come first now has its time from now on: those behind it have not begun. */
  #watchRun(): void {
    if (this.#life?.link.kill === undefined) return;
    for (const { limitMs } of this.#pending.values()) return this.#runWatch.start(limitMs);
    this.#runWatch.idle();
  }

  #onEnd({ what, isFar = false }: Link, how: string, last: LastSign = { unread: false }): void {
    const why = `The ${what} of ${this.#deps.name} ${isFar ? "cannot be asked" : "died while it ran"}: ${how}`;
    const wasReady = this.#ready;
    this.#ready = false;
    const pending = [...this.#pending.values()];
    this.#pending.clear();
    // Where not even the only one was read, it has not begun either.
    const begun = pending.length === 1 && last.unread ? 0 : 1;
    const message = isFar ? `${why}.` : `${why}. It is being restarted.`;
    for (const [i, { reject }] of pending.entries())
      reject(i < begun ? new ReplicaDied(message, how) : new RunNotBegun(message));
    if (!wasReady || this.#closing !== null) return;
    this.#setTrouble(why);
    this.#restartLater();
  }

  #restartLater(): void {
    const { backoffMs = 100, maxBackoffMs = 30_000 } = this.#deps;
    const wait = Math.min(maxBackoffMs, backoffMs * 2 ** this.#deaths++);
    this.#restart = setTimeout(() => void this.#startAgain(), wait);
  }

  /** Opens the model anew and has it checked; where that fails, this life ends and another one is tried later. */
  async #startAgain(): Promise<void> {
    const { check, name, onTrouble } = this.#deps;
    const life = this.#begin();
    const patience = life.link.kill && setTimeout(() => life.link.kill?.(), reopenMs);
    try {
      await life.opened;
      clearTimeout(patience);
      await check?.({ run: (inputs, hints) => this.#ask(inputs, hints), close: () => Promise.resolve() });
      if (this.#life !== life) throw new SlipwayError("model_failed", "It died while it was checked.");
      if (this.#closing !== null) return;
      this.#trouble = null;
      this.#ready = true;
      onTrouble?.(name, null);
      this.#tellReady();
    } catch (error) {
      clearTimeout(patience);
      await endLife(life);
      if (this.#closing !== null) return;
      const what = this.#isFar ? "" : "It does not serve since it was restarted: ";
      this.#setTrouble(what + (error as Error).message);
      this.#restartLater();
    }
  }

  #tellReady(): void {
    for (const resolve of this.#waitForReady.splice(0)) resolve();
  }

  #setTrouble(reason: string): void {
    this.#trouble = reason.replace(/\.$/, "");
    this.#deps.onTrouble?.(this.#deps.name, this.#trouble);
  }

  #notReady(): RunNotBegun {
    const trouble = this.#trouble === null ? "" : ` ${this.#trouble}.`;
    const state = this.#isFar ? "is out of reach" : "is being restarted";
    return new RunNotBegun(`${this.#deps.name} ${state}.${trouble} Try again in a moment.`);
  }
}

/** At once where that can be done; a thread ends when its run is over. */
async function endLife({ link, ended }: Life): Promise<void> {
  if (link.kill) link.kill();
  else link.send(encodeFrame({ kind: "close" }));
  await ended;
}

function closedError(): SlipwayError {
  return new SlipwayError("not_ready", "This copy of the model is closed.");
}
