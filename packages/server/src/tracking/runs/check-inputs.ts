import { checkLength, limits } from "../limits.ts";
import type { DatasetInput } from "./inputs.ts";

/** @throws SlipwayError `invalid_request` */
export function checkDatasetInputs(inputs: readonly DatasetInput[]): void {
  for (const { dataset, tags } of inputs) {
    checkLength(dataset.name, limits.datasetName, "name");
    checkLength(dataset.digest, limits.datasetDigest, "digest");
    checkLength(dataset.source, limits.datasetSource, "source");
    checkLength(dataset.schema ?? "", limits.datasetSchema, "schema");
    checkLength(dataset.profile ?? "", limits.datasetProfile, "profile");
    for (const { key, value } of tags) {
      checkLength(key, limits.inputTagKey, "key");
      checkLength(value, limits.inputTagValue, "value");
    }
  }
}
