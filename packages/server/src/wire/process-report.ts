import type { ModelStatistics } from "@slipway/runtime";

/** What another process of this server says of itself since its start. */
export interface ProcessReport {
  /** In the text format of Prometheus. */
  readonly metrics: string;
  /** Of the versions that serve. */
  readonly models: readonly ModelStatistics[];
  readonly logged: number;
  readonly notLogged: number;
  readonly logBytes: number;
  readonly rssBytes: number;
}
