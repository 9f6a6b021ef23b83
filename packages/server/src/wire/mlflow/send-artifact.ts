import type { FastifyReply, FastifyRequest } from "fastify";
import type { OutgoingHttpHeaders } from "node:http";
import { openDownload } from "../../platform/http/index.ts";
import { parseArtifactFile, type Artifacts } from "../../tracking/index.ts";
import { toMimeType } from "./mime-type.ts";

interface Asked {
  readonly artifacts: Artifacts;
  readonly path: string;
  readonly http: FastifyRequest;
  readonly reply: FastifyReply;
}

/** A file of the artifacts, or the range of it that was asked for; never shown in the page of this server. */
export async function sendArtifact({ artifacts, path, http, reply }: Asked): Promise<FastifyReply> {
  const file = await artifacts.require(path);
  const { sha256, size, updatedAt } = file;
  const { name } = parseArtifactFile(path);
  const { headers } = http;
  const etag = `"${sha256}"`;
  reply
    .header("etag", etag)
    .header("last-modified", new Date(updatedAt).toUTCString())
    .header("accept-ranges", "bytes")
    .header("cache-control", "no-cache")
    .header("x-content-type-options", "nosniff");
  if (isKnown(headers["if-none-match"], etag)) return reply.status(304).send();
  reply
    .header("content-type", toMimeType(name))
    .header("content-disposition", `attachment; filename="${toAscii(name)}"; filename*=UTF-8''${encodeName(name)}`);
  const whole = headers["if-range"] !== undefined && headers["if-range"] !== etag;
  const range = whole ? null : parseRange(headers.range, size);
  if (range === "unsatisfiable")
    return reply.status(416).header("content-range", `bytes */${size}`).header("content-length", 0).send();
  const { start, end } = range ?? { start: 0, end: size };
  if (range !== null) reply.header("content-range", `bytes ${start}-${end - 1}/${size}`);
  reply.header("content-length", end - start);
  await artifacts.verify(file);
  const download = openDownload(reply, reply.getHeaders() as OutgoingHttpHeaders, range === null ? 200 : 206);
  try {
    await artifacts.pour(file, { start, end }, (piece) => download.write(piece));
    download.end();
  } catch {
    // The caller is gone, or sees that not all bytes came.
    download.abort();
  }
  return reply;
}

function isKnown(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  return header.trim() === "*" || header.split(",").some((each) => each.trim().replace(/^W\//, "") === etag);
}

/** RFC 9110. Null for what is no single range, which is answered whole. */
function parseRange(
  header: string | undefined,
  size: number,
): { readonly start: number; readonly end: number } | null | "unsatisfiable" {
  const match = /^bytes=\s*([0-9]{0,15})-([0-9]{0,15})\s*$/.exec(header ?? "");
  if (match === null || (match[1] === "" && match[2] === "")) return null;
  const [first, last] = [match[1]!, match[2]!];
  if (first === "")
    return Number(last) === 0 ? "unsatisfiable" : { start: Math.max(0, size - Number(last)), end: size };
  const start = Number(first);
  const end = last === "" ? size : Math.min(size, Number(last) + 1);
  if (last !== "" && Number(last) < start) return null;
  return start >= size ? "unsatisfiable" : { start, end };
}

function toAscii(name: string): string {
  return name.replaceAll(/[^\x20-\x7e]|["\\]/g, "_");
}

function encodeName(name: string): string {
  return encodeURIComponent(name).replaceAll(/['()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}
