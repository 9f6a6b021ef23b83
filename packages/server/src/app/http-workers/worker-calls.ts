import type { Offset } from "@slipway/runtime/log";
import type { Config } from "../../config/index.ts";
import type { Follower, RoutePeers } from "../../endpoints/index.ts";
import type { ProcessReport } from "../../wire/process-report.ts";

/** What a worker process is told at its start. */
export interface WorkerSetup {
  readonly config: Config;
  /** The data folder, absolute; the main process holds its lock. */
  readonly folder: string;
  /** UUIDv7 of the log that this process writes. */
  readonly instance: string;
  /** From 2: the main process is the first. */
  readonly number: number;
  readonly secured: boolean;
  /** Where the main process answers what is not answered here. */
  readonly socketPath: string;
}

type Told<F> = F extends (...rest: infer P) => unknown ? P : never;
type Spec = Told<RoutePeers["prepare"]>[1];
type Committed = Told<Follower["commit"]>[1];
type Refreshed = Told<Follower["refresh"]>[0];

/** What the main process asks of a worker: parameters and result by the method's name. */
export interface WorkerCalls {
  readonly ping: [null, null];
  /** Names of the endpoints that it cannot serve. */
  readonly sync: [null, readonly string[]];
  readonly prepare: [{ readonly ticket: string; readonly spec: Spec }, void];
  readonly discard: [{ readonly ticket: string }, void];
  readonly commit: [{ readonly ticket: string; readonly endpoint: Committed; readonly epoch: number }, void];
  readonly refresh: [{ readonly endpoint: Refreshed; readonly epoch: number }, void];
  readonly listen: [{ readonly port: number }, void];
  readonly position: [null, Offset];
  readonly rotate: [null, void];
  readonly report: [null, ProcessReport];
  /** Answers what is under way; when it is done, nothing is written any more. */
  readonly stop: [null, void];
}

export type WorkerMethods = {
  readonly [Name in keyof WorkerCalls]: (
    params: WorkerCalls[Name][0],
  ) => WorkerCalls[Name][1] | Promise<WorkerCalls[Name][1]>;
};
