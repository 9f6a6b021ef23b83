/** A param or a tag, here and in MLflow's JSON. */
export interface KeyValue {
  readonly key: string;
  readonly value: string;
}
