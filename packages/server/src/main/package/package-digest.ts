import { parseManifest } from "@slipway/contract";
import { toModelSection, versionDigest, type FileDigest } from "../../packaging/index.ts";

/**
 * The digest that a deploy gives these files with this slipway.yaml. `packed`: the inputs are the columns of a matrix.
 * @throws SlipwayError `invalid_manifest`
 */
export function packageDigest(files: readonly FileDigest[], manifest: unknown, packed: boolean): string {
  const { model = null } = parseManifest(manifest);
  return versionDigest(files, toModelSection(model?.path ?? files[0]?.path ?? "", model, packed));
}
