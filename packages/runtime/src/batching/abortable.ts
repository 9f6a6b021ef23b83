import { SlipwayError } from "@slipway/contract/errors";
import type { Entry } from "./batch-run.ts";

/**
 * The same request, but rejected as soon as the signal is aborted, where `drop` still finds it waiting. The signal may outlive the
 * request by far, so nothing of the request stays with it.
 */
export function abortable(request: Entry, signal: AbortSignal, drop: (entry: Entry) => boolean): Entry {
  const onAbort = () => {
    if (drop(entry)) request.reject(abortReason(signal));
  };
  const done = () => signal.removeEventListener("abort", onAbort);
  const entry: Entry = {
    ...request,
    resolve: (result) => (done(), request.resolve(result)),
    reject: (error) => (done(), request.reject(error)),
  };
  signal.addEventListener("abort", onAbort, { once: true });
  return entry;
}

/** What a request whose signal was aborted is rejected with. */
export function abortReason(signal: AbortSignal): SlipwayError {
  const reason: unknown = signal.reason;
  if (SlipwayError.is(reason)) return reason;
  return new SlipwayError("cancelled", "The request was cancelled while it waited for its run.");
}
