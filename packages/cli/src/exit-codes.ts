export const exitCodes = {
  ok: 0,
  failed: 1,
  usage: 2,
  unreachable: 3,
  notFound: 4,
  refused: 5,
  rolledBack: 6,
  rejected: 7,
  waiting: 8,
  abandoned: 9,
  interrupted: 130,
} as const;
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** What stands in `slipway --help`. */
export const exitCodeTexts: readonly (readonly [ExitCode, string])[] = [
  [exitCodes.ok, "success"],
  [exitCodes.failed, "the server or the model answered with an error"],
  [exitCodes.usage, "wrong usage"],
  [exitCodes.unreachable, "the server cannot be reached"],
  [exitCodes.notFound, "there is no such model, version, endpoint, prediction, operation or token"],
  [exitCodes.refused, "refused: not allowed, not confirmed, in use, or a condition does not hold"],
  [exitCodes.rolledBack, "a rollout was rolled back"],
  [exitCodes.rejected, "a rollout was rejected by a gate"],
  [exitCodes.waiting, "a rollout waits for a person: to approve or to resume it"],
  [exitCodes.abandoned, "a rollout was aborted, or superseded by another change of the endpoint"],
  [exitCodes.interrupted, "interrupted by Ctrl-C"],
];

/** The command line itself is wrong: nothing was sent. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** Ctrl-C, where a command has to end by throwing. */
export class InterruptedError extends Error {
  override readonly name = "InterruptedError";
}
