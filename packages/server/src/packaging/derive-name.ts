import { basename } from "node:path";

/** A valid model name from the name of a file: `Flight Delay.onnx` becomes `flight-delay`. */
export function deriveName(path: string): string {
  const name = basename(path)
    .replace(/(?:\.remote)?\.[A-Za-z0-9]+$/, "")
    .toLowerCase()
    .replaceAll(/[^a-z0-9._-]+/g, "-")
    .replace(/^[^a-z0-9]+/, "")
    .slice(0, 100)
    .replace(/-+$/, "");
  return name === "" ? "model" : name;
}
