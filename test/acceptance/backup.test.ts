import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClient, type Client } from "@slipway/sdk";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runCli } from "../lib/cli.ts";
import { fetchJson } from "../lib/fetch-json.ts";
import { scaledMatrix } from "../lib/models.ts";
import { startServer, useServer } from "../lib/server.ts";

const admin = "the-admin-of-the-environment";
/** Small segments: the log has many files, and goes on to the next one during the backup. */
const server = useServer({ env: { SLIPWAY_TOKEN: admin }, args: ["--log-segment", "65536"] });
const room = mkdtempSync(join(tmpdir(), "slipway-backup-"));
afterAll(() => rmSync(room, { recursive: true, force: true }));
const file = join(room, "slipway.tar");
/** A command may take long on a busy machine. */
const patient = { timeoutMs: 60_000 };
const secrets: Record<string, string> = {};

function cli(args: readonly string[], token = admin) {
  return runCli(args, { url: server.url, env: { SLIPWAY_TOKEN: token }, timeoutMs: 60_000 });
}

beforeAll(async () => {
  for (const scope of ["infer", "read", "deploy"]) {
    const made = await runCli(["token", "create", "--data", server.data, "--user", scope, "--scope", scope, "--json"]);
    expect(made.code, made.stderr).toBe(0);
    secrets[scope] = (JSON.parse(made.stdout) as { secret: string }).secret;
  }
  for (const factor of [2, 3])
    expect(await cli(["deploy", scaledMatrix(factor), "--name", "kept"])).toMatchObject({ code: 0 });
  expect(await cli(["alias", "set", "kept@1", "careful"])).toMatchObject({ code: 0 });
  // Something that takes a while to be read.
  const bytes = Buffer.alloc(24 * 1024 * 1024, 5);
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  await createClient({ url: server.url, token: admin }).blobs.ensure(sha256, () => new Uint8Array(bytes), {
    size: bytes.length,
  });
}, 120_000);

let last = 0;

async function ask(url: string, input: number) {
  const { status, body } = await fetchJson(`${url}/endpoints/kept/predict`, {
    json: { X: [input, 0, 0, 0] },
    headers: { authorization: `Bearer ${secrets["infer"]}` },
  });
  if (status !== 200) throw new Error(`Answered ${status}: ${JSON.stringify(body)}`);
  return { id: body.id as string, output: body.prediction.y as number };
}

/** Everything on record, and how often. */
async function readAll(client: Client): Promise<Map<string, { output: unknown; times: number }>> {
  const recorded = new Map<string, { output: unknown; times: number }>();
  for await (const item of client.predictions.all("kept", { limit: 1000 }))
    recorded.set(item.id, { output: item.outputs["y"], times: (recorded.get(item.id)?.times ?? 0) + 1 });
  return recorded;
}

/** What a server has to say of models and endpoints. */
async function look(client: Client) {
  return {
    endpoints: (await client.endpoints.list()).items,
    history: (await client.endpoints.revisions("kept")).items,
    versions: (await client.versions.list("kept")).items,
    model: await client.models.get("kept"),
  };
}

test(
  "a backup under load restores to a server that answers the same and has every answered prediction once",
  {
    timeout: 180_000,
  },
  async () => {
    const answered = new Map<string, number>();
    const over = new AbortController();
    const load = Promise.all(
      Array.from({ length: 4 }, async () => {
        while (!over.signal.aborted) {
          const { id, output } = await ask(server.url, ++last);
          answered.set(id, output);
        }
      }),
    );
    await expect.poll(() => answered.size, { timeout: 60_000 }).toBeGreaterThan(400);
    const before = new Map(answered);
    const made = await cli(["backup", file, "--json"]);
    expect(made.code, made.stderr).toBe(0);
    const during = answered.size;
    over.abort();
    await load;
    expect(during).toBeGreaterThan(before.size);
    expect(statSync(file).mode & 0o077).toBe(0);
    expect(existsSync(`${file}.partial`)).toBe(false);
    expect(JSON.parse(made.stdout)).toMatchObject({ file, slipway: expect.any(String), files: expect.any(Number) });

    const data = join(room, "restored");
    const restored = await runCli(["restore", file, "--data", data], patient);
    expect(restored.code, restored.stderr).toBe(0);
    expect(readdirSync(room).toSorted()).toEqual(["restored", "slipway.tar"]);
    const other = await startServer({ data });

    // The tokens of the folder work there; the one of the environment was never in it.
    const [was, is] = [server, other].map(({ url }) => createClient({ url, token: secrets["read"] ?? "" }));
    await expect(createClient({ url: other.url, token: admin }).models.list()).rejects.toMatchObject({
      code: "unauthenticated",
    });
    expect(await look(is!)).toEqual(await look(was!));
    const recorded = await readAll(is!);
    const wrong = [...before].filter(
      ([id, output]) => JSON.stringify(recorded.get(id)) !== JSON.stringify({ output, times: 1 }),
    );
    expect(wrong.slice(0, 3)).toEqual([]);
    // What was answered meanwhile may be in it, and is then the same.
    const foreign = [...recorded].filter(([id, { output, times }]) => times !== 1 || answered.get(id) !== output);
    expect(foreign.slice(0, 3)).toEqual([]);
    for (const input of [1, 0.1, -1e20]) {
      const [there, here] = await Promise.all([ask(other.url, input), ask(server.url, input)]);
      expect(Object.is(there.output, here.output)).toBe(true);
    }
    // Both go on by themselves.
    expect((await readAll(was!)).size).toBe(answered.size + 3);
  },
);

describe("the command line", { timeout: 180_000 }, () => {
  test("never writes over a file unasked, and writes to stdout", async () => {
    const again = await cli(["backup", file]);
    expect([again.code, again.stderr]).toEqual([5, expect.stringContaining("--force")]);
    expect((await cli(["backup", file, "--force"])).code).toBe(0);
    const piped = await cli(["backup", "-"]);
    expect([piped.code, piped.stderr]).toEqual([0, expect.stringContaining("whole and proven")]);
    expect(piped.stdout.startsWith("backup.json")).toBe(true);
  });

  test("takes one of a folder that no server uses, and refuses one that is used", async () => {
    const data = join(room, "idle");
    expect((await runCli(["restore", file, "--data", data], patient)).code).toBe(0);
    const idle = join(room, "idle.tar");
    const made = await runCli(["backup", idle, "--data", data], patient);
    expect(made.code, made.stderr).toBe(0);
    const verified = await runCli(["restore", idle, "--verify", "--json"], patient);
    expect(JSON.parse(verified.stdout)).toMatchObject({ whole: true, instance: null });
    const used = await runCli(["backup", join(room, "used.tar"), "--data", server.data]);
    expect([used.code, used.stderr]).toEqual([5, expect.stringContaining("is in use by")]);
    const nothing = await runCli(["backup", join(room, "used.tar"), "--data", join(room, "nothing")]);
    expect([nothing.code, existsSync(join(room, "nothing")), existsSync(join(room, "used.tar"))]).toEqual([
      1,
      false,
      false,
    ]);
  });

  test("refuses a damaged backup and a folder that is not empty, and leaves nothing behind", async () => {
    const bytes = readFileSync(file);
    const bad = join(room, "bad.tar");
    const target = join(room, "target");
    writeFileSync(bad, bytes.subarray(0, bytes.length / 2));
    const cut = await runCli(["restore", bad, "--data", target], patient);
    expect([cut.code, cut.stderr]).toEqual([1, expect.stringContaining("was cut off")]);
    bytes[bytes.indexOf(Buffer.alloc(4096, 5)) + 9] = 6;
    writeFileSync(bad, bytes);
    const verified = await runCli(["restore", bad, "--verify"], patient);
    expect([verified.code, verified.stderr]).toEqual([1, expect.stringMatching(/blobs.* is damaged/)]);
    const flipped = await runCli(["restore", bad, "--data", target], patient);
    expect([flipped.code, existsSync(target), existsSync(`${target}.restoring`)]).toEqual([1, false, false]);
    const taken = await runCli(["restore", file, "--data", server.data], patient);
    expect([taken.code, taken.stderr]).toEqual([5, expect.stringContaining("is not empty")]);
    const missing = await runCli(["restore", join(room, "no.tar"), "--data", target], patient);
    expect([missing.code, missing.stderr]).toEqual([1, expect.stringContaining("cannot be read")]);
  });
});

test("only an administrator may take one", { timeout: 60_000 }, async () => {
  for (const scope of ["infer", "read", "deploy"]) {
    const headers = { authorization: `Bearer ${secrets[scope]}` };
    expect((await fetchJson(`${server.url}/api/v1/backup`, { headers })).status).toBe(403);
  }
  const { code, stderr } = await cli(["backup", join(room, "stolen.tar")], secrets["deploy"]);
  expect([code, stderr, existsSync(join(room, "stolen.tar"))]).toEqual([5, expect.stringContaining("admin"), false]);
});

test("a reader that goes away leaves nothing behind, and the next backup works", { timeout: 120_000 }, async () => {
  const stop = new AbortController();
  const stream = await createClient({ url: server.url, token: admin }).server.backup({ signal: stop.signal });
  await stream.getReader().read();
  const second = await fetchJson(`${server.url}/api/v1/backup`, { headers: { authorization: `Bearer ${admin}` } });
  expect([second.status, second.body.code]).toEqual([409, "conflict"]);
  stop.abort();
  await expect.poll(() => readdirSync(join(server.data, "tmp")), { timeout: 20_000 }).toEqual([]);
  expect((await cli(["backup", file, "--force"])).code).toBe(0);
  await expect.poll(() => readdirSync(join(server.data, "tmp")), { timeout: 20_000 }).toEqual([]);
});
