import { parseAddress, SlipwayError } from "@slipway/contract";
import type { BlobStore } from "../../platform/blobs/index.ts";
import type { Registry } from "../../registry/index.ts";
import type { Handlers } from "./register.ts";

/** `GET …/files/PATH`: a version's bytes as they were deployed, streamed from the disk, so that a model can leave again. */
export function createFileHandlers({
  registry,
  blobs,
}: {
  registry: Registry;
  blobs: BlobStore;
}): Pick<Handlers, "getVersionFile"> {
  return {
    getVersionFile: async ({ params, reply }) => {
      const { model, version: ref, path } = params as { model: string; version: string; path: string };
      const version = await registry.resolve(parseAddress(`${model}@${ref}`));
      const file = version.files.find((each) => each.path === path);
      if (file === undefined) {
        const has = version.files.map((each) => each.path).join(", ");
        const message = `${model}@${version.version} has no file ${JSON.stringify(path)}; it has ${has}.`;
        throw new SlipwayError("blob_not_found", message, { path });
      }
      await blobs.verify(file.sha256);
      const { stream, size } = await blobs.open(file.sha256);
      // RFC 9530.
      const digest = Buffer.from(file.sha256, "hex").toString("base64");
      reply
        .header("content-type", "application/octet-stream")
        .header("content-length", size)
        .header("content-digest", `sha-256=:${digest}:`)
        .header("x-content-type-options", "nosniff");
      return stream;
    },
  };
}
