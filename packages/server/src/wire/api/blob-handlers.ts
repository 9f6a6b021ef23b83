import type { Readable } from "node:stream";
import { SlipwayError } from "@slipway/contract";
import type { BlobStore } from "../../platform/blobs/index.ts";
import { checkWrite, type Http } from "../../platform/http/index.ts";
import type { Handlers } from "./register.ts";

export function createBlobHandlers(blobs: BlobStore): Pick<Handlers, "headBlob"> {
  return {
    headBlob: async ({ params, reply }) => {
      const sha256 = requireSha256(params["sha256"]!);
      const stat = await blobs.renew(sha256);
      if (stat) {
        reply.header("content-length", stat.size);
        return undefined;
      }
      reply
        .header("upload-offset", await blobs.partial(sha256))
        .status(404)
        .send();
      return undefined;
    },
  };
}

/**
 * `PUT /api/v1/blobs/SHA256` streams to disk. `upload-offset` goes on with an upload that was cut; `upload-length` (or
 * `content-length` plus the offset) is the size of the whole.
 */
export function registerUpload(app: Http, blobs: BlobStore, limit: number): void {
  app.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser("*", (_request, payload, done) => done(null, payload));
    scope.put<{ Params: { sha256: string } }>(
      "/api/v1/blobs/:sha256",
      { bodyLimit: Number.MAX_SAFE_INTEGER, config: { scope: "deploy" } },
      async (request, reply) => {
        const { headers } = request;
        checkWrite(headers["content-type"]);
        const sha256 = requireSha256(request.params.sha256);
        const offset = toSize(headers["upload-offset"]) ?? 0;
        const length = toSize(headers["content-length"]);
        const total = toSize(headers["upload-length"]) ?? (length === null ? null : offset + length);
        if (total !== null && total > limit)
          throw new SlipwayError("too_large", `The file has ${total} bytes; the most is ${limit} (--blob-limit).`);
        const body = request.body as Readable;
        const whole = total === null ? { final: true } : { total };
        // What nobody takes would stand before the connection's next request for ever.
        const { received, complete } = await blobs
          .put(sha256, body, { offset, ...whole })
          .finally(() => void body.resume());
        return reply.status(complete ? 201 : 202).send({ sha256, size: received, complete });
      },
    );
  });
}

function requireSha256(text: string): string {
  if (/^[0-9a-f]{64}$/.test(text)) return text;
  throw new SlipwayError(
    "invalid_request",
    `${JSON.stringify(text)} is not a SHA-256 in lower-case hexadecimal digits.`,
  );
}

function toSize(header: string | string[] | undefined): number | null {
  if (header === undefined) return null;
  const size = Number(header);
  if (Number.isSafeInteger(size) && size >= 0) return size;
  throw new SlipwayError("invalid_request", `${JSON.stringify(header)} is not a size in bytes.`);
}
