import type { Tensor } from "../tensor.ts";
import { decodeFrame, encodeFrame, type FrameBytes } from "./frame.ts";
import { encodeError, type RemoteSetup } from "./setup.ts";

/** What the remote end of a replica has open. */
export interface OpenModel {
  /** The inputs' memory may be used again when this has resolved. */
  run(inputs: readonly Tensor[]): Promise<readonly Tensor[]>;
  release(): Promise<void>;
}

export interface RemoteEnd {
  /** What to say to a frame; null: nothing more, it has been closed. */
  answer(frame: FrameBytes): Promise<FrameBytes | null>;
}

/** The half of the protocol that the other end speaks, whatever brings the frames. */
export function createRemoteEnd(open: (setup: RemoteSetup) => Promise<OpenModel>): RemoteEnd {
  let model: OpenModel | null = null;

  async function start(text: string): Promise<FrameBytes> {
    try {
      model = await open(JSON.parse(text) as RemoteSetup);
      return encodeFrame({ kind: "ready" });
    } catch (error) {
      return encodeFrame({ kind: "unopened", text: encodeError(error) });
    }
  }

  return {
    async answer(bytes) {
      const { kind, id, text, tensors } = decodeFrame(bytes);
      if (kind === "open") return start(text);
      if (kind === "close" || model === null) {
        await model?.release();
        return null;
      }
      try {
        return encodeFrame({ kind: "outputs", id, tensors: await model.run(tensors) });
      } catch (error) {
        return encodeFrame({ kind: "failed", id, text: encodeError(error) });
      }
    },
  };
}
