import { SlipwayError } from "@slipway/contract/errors";
import type { TaskDb } from "../../platform/sql/index.ts";
import { insertRows, type Insert } from "../insert-rows.ts";
import type { KeyValue } from "../key-value.ts";

const insertParams: Insert = { into: "params (run_n, key, value)", columns: 3, onConflict: "on conflict do nothing" };

const known = "select value from params where run_n = ? and key = ?";

/** A param has one value for ever; the same again is no change. `keys` are all different. @throws SlipwayError `invalid_request` */
export async function writeParams(
  db: TaskDb,
  { n, id, isBatch }: { readonly n: number; readonly id: string; readonly isBatch: boolean },
  params: readonly KeyValue[],
): Promise<void> {
  const fresh: (string | number)[] = [];
  const changed: { readonly param: KeyValue; readonly old: string }[] = [];
  for (const param of params) {
    const [row] = await db.rows<{ value: string }>(known, [n, param.key]);
    if (row === undefined) fresh.push(n, param.key, param.value);
    else if (row.value !== param.value) changed.push({ param, old: row.value });
  }
  if (changed.length > 0) throw toError(id, isBatch, changed);
  await insertRows(db, insertParams, fresh);
}

function toError(
  id: string,
  isBatch: boolean,
  changed: readonly { readonly param: KeyValue; readonly old: string }[],
): SlipwayError {
  const details = { keys: changed.map(({ param }) => param.key) };
  if (isBatch) {
    const list = changed.map(
      ({ param, old }) => `{'key': '${param.key}', 'old_value': '${old}', 'new_value': '${param.value}'}`,
    );
    const message = `Changing param values is not allowed. Params were already logged='[${list.join(", ")}]' for run ID='${id}'.`;
    return new SlipwayError("invalid_request", message, details);
  }
  const { param, old } = changed[0]!;
  return new SlipwayError(
    "invalid_request",
    `Changing param values is not allowed. Param with key='${param.key}' was already logged with value='${old}' ` +
      `for run ID='${id}'. Attempted logging new value '${param.value}'.`,
    details,
  );
}
