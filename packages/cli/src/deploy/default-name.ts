import { namePattern } from "@slipway/contract/address";
import { basename, dirname, extname } from "node:path";
import { UsageError } from "../exit-codes.ts";

/** From "Flight Delay v2.onnx" to "flight-delay-v2"; a file called model.onnx is named by its folder. */
export function defaultName(path: string): string {
  const stem = basename(path, path.endsWith(".remote.json") ? ".remote.json" : extname(path));
  const base = stem.toLowerCase() === "model" ? basename(dirname(path)) : stem;
  const name = base
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, "-")
    .replace(/^[^a-z0-9]+|[^a-z0-9]+$/g, "")
    .slice(0, 100);
  if (!namePattern.test(name))
    throw new UsageError(`No name can be made of ${JSON.stringify(base)}: give one with --name.`);
  return name;
}
