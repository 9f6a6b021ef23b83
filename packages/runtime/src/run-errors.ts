import { SlipwayError } from "@slipway/contract/errors";

/** What runs the model ended in the middle of this run, which may well be why. */
export class ReplicaDied extends SlipwayError {
  /** How it ended, as part of a sentence. */
  readonly how: string;

  constructor(message: string, how: string) {
    super("model_failed", message);
    this.how = how;
  }
}

/** The run was handed over, or was about to be, but nothing of it was done: it may be asked of another copy, or of this one later. */
export class RunNotBegun extends SlipwayError {
  constructor(message: string) {
    super("not_ready", message);
  }
}
