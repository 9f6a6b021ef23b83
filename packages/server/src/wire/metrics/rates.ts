import type { Access } from "../../access/index.ts";
import { head } from "./lines.ts";

const name = "slipway_rate_limited_total";

/** Requests that the rates of tokens kept out: they have no record, and no endpoint saw them. */
export function renderRates(access: Pick<Access, "refusedOverRate">): string {
  const lines = [...access.refusedOverRate()].map(([user, count]) => `${name}{user="${escape(user)}"} ${count}\n`);
  return head(name, "counter", "Requests refused over the rate of their token, by its user") + lines.join("");
}

/** Users are named as people like; control characters are none of them. */
function escape(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll('"', '\\"');
}
