import { SlipwayError } from "@slipway/contract";
import { parse } from "yaml";

/** The data of a YAML or JSON text. @throws SlipwayError `invalid_file` */
export function parseYaml(text: string, file: string): unknown {
  try {
    return parse(text, { uniqueKeys: true, stringKeys: true, maxAliasCount: 100 });
  } catch (error) {
    throw new SlipwayError("invalid_file", `${file} is not YAML: ${(error as Error).message}`, { file });
  }
}
