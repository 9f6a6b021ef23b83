import type { FrameBytes } from "./frame.ts";

/** One life of the other end of a replica: a worker thread, a process. */
export interface Link {
  /** What it is, for messages: `worker thread`, `process`. */
  readonly what: string;
  /** Somebody else runs it: it is not started from here, only reached. */
  readonly isFar?: boolean;
  /** Hands a frame over; its memory is no longer the sender's. */
  send(frame: FrameBytes): void;
  /** Ends it whatever it does. Left out where that would take this process with it. */
  kill?(): void;
}

export interface LinkEvents {
  onFrame(frame: FrameBytes): void;
  /** Once, when nothing comes any more; the reason as part of a sentence. */
  onEnd(reason: string, last?: LastSign): void;
}

export interface LastSign {
  /** Not all that was sent had been read when it ended. */
  readonly unread: boolean;
}

export type Connect = (events: LinkEvents) => Link;
