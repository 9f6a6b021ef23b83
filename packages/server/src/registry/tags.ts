import { checkKey, checkLength, type KeyValue } from "../tracking/index.ts";

const maxKey = 250;
const maxValue = 100_000;

/** What MLflow keeps its prompts under: as models with this tag. */
export const promptTag = "mlflow.prompt.is_prompt";

/** @throws SlipwayError `invalid_request` */
export function checkTag({ key, value }: KeyValue): void {
  checkTagKey(key);
  checkLength(value, maxValue, "value");
}

/** @throws SlipwayError `invalid_request` */
export function checkTagKey(key: string): void {
  checkKey(key, "key");
  checkLength(key, maxKey, "key");
}

/** Whether a model of these tags is one of MLflow's prompts. The last tag of a key counts. */
export function isPrompt(tags: readonly KeyValue[]): boolean {
  return tags.findLast(({ key }) => key === promptTag)?.value.toLowerCase() === "true";
}
