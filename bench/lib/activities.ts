import { createHash } from "node:crypto";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createClient } from "@slipway/sdk";
import { runCli } from "../../test/lib/cli.ts";
import { deploy } from "../../test/lib/deploy.ts";

export interface ActivityOrder {
  readonly url: string;
  /** The server's data folder. */
  readonly data: string;
  /** What is deployed, each time with another digest. */
  readonly model: string;
  /** For files of the activity. */
  readonly room: string;
  readonly uploadBytes: number;
}

/** One round of each thing that may disturb predictions. */
const activities = {
  /** All that came in since the round before goes to Parquet. */
  compaction: async ({ url }) => {
    await slipway(["predictions", "bench", "--sql", "select count(*) as n from predictions", "-o", "json"], url);
  },
  /** A few predictions of the last seconds, so that the file of the log that grows is rewritten, too. */
  erase: async ({ url }) => {
    const { items } = await createClient({ url }).predictions.list("bench", { limit: 3 });
    const where = `prediction in (${items.map(({ id }) => `'${id}'`).join(", ")})`;
    await slipway(["predictions", "erase", "bench", "--where", where, "--yes", "--json"], url);
  },
  backup: async ({ url }) => {
    for await (const _ of await createClient({ url }).server.backup());
  },
  upload: async ({ url, data, uploadBytes }) => {
    const sha256 = await uploadZeros(url, uploadBytes);
    // So that the next round is one, too.
    rmSync(join(data, "blobs", sha256.slice(0, 2), sha256), { force: true });
  },
  deploy: async ({ url, model, room }, round) => {
    const path = join(room, "again.onnx");
    writeFileSync(path, withMetadata(readFileSync(model), `${process.pid} ${round}`));
    await deploy(url, path, { name: "bench" });
  },
} satisfies Record<string, (order: ActivityOrder, round: number) => Promise<void>>;

export type Activity = keyof typeof activities;
export const activityNames = Object.keys(activities) as readonly Activity[];

export function isActivity(name: string): name is Activity {
  return name in activities;
}

export function runRound(name: Activity, order: ActivityOrder, round: number): Promise<void> {
  return activities[name](order, round);
}

async function slipway(args: readonly string[], url: string): Promise<void> {
  const { code, stderr } = await runCli(args, { url, timeoutMs: 600_000 });
  if (code !== 0) throw new Error(`\`slipway ${args.join(" ")}\` ended with ${code}: ${stderr}`);
}

const zeros = new Uint8Array(1024 * 1024);
const digests = new Map<number, string>();

/** Uploads so many zeros. @returns their SHA-256 */
export async function uploadZeros(url: string, bytes: number): Promise<string> {
  const sha256 = digests.get(bytes) ?? hashZeros(bytes);
  digests.set(bytes, sha256);
  const body = (offset: number) => {
    let left = bytes - offset;
    return new ReadableStream<Uint8Array>({
      pull(stream) {
        const piece = zeros.subarray(0, Math.min(zeros.length, left));
        left -= piece.length;
        if (piece.length === 0) stream.close();
        else stream.enqueue(piece);
      },
    });
  };
  await createClient({ url }).blobs.ensure(sha256, body, { size: bytes });
  return sha256;
}

function hashZeros(bytes: number): string {
  const hash = createHash("sha256");
  for (let left = bytes; left > 0; left -= zeros.length) hash.update(zeros.subarray(0, Math.min(zeros.length, left)));
  return hash.digest("hex");
}

/** The same model with one more entry of `metadata_props` (field 14 of ModelProto): other bytes, the same answers. */
function withMetadata(model: Buffer, value: string): Buffer {
  const field = (tag: number, bytes: Buffer) => Buffer.concat([Buffer.from([tag, bytes.length]), bytes]);
  const entry = Buffer.concat([field(0x0a, Buffer.from("bench")), field(0x12, Buffer.from(value))]);
  return Buffer.concat([model, field(0x72, entry)]);
}
