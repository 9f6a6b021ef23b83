import { createHash, randomBytes } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { runCli } from "../lib/cli.ts";
import { deploy } from "../lib/deploy.ts";
import { fetchJson } from "../lib/fetch-json.ts";
import { flights } from "../lib/models.ts";
import { sendRaw } from "../lib/raw-http.ts";
import { startServer, useServer } from "../lib/server.ts";

const server = useServer({ args: ["--request-timeout", "1s"] });
const root = () => `${server.url}/api/2.0/mlflow-artifacts`;
const sha = (bytes: Uint8Array | string) => createHash("sha256").update(bytes).digest("hex");

function put(path: string, body: string | Uint8Array<ArrayBuffer>, type = "text/plain") {
  return fetchJson(`${root()}/artifacts/${path}`, { method: "PUT", body, headers: { "content-type": type } });
}

async function createRun(): Promise<{ readonly id: string; readonly folder: string }> {
  const answer = await fetchJson(`${server.url}/api/2.0/mlflow/runs/create`, { json: { experiment_id: "0" } });
  const { run_id: id, artifact_uri: uri } = answer.body.run.info;
  expect(uri).toBe(`mlflow-artifacts:/0/${id}/artifacts`);
  return { id, folder: uri.slice("mlflow-artifacts:/".length) };
}

const listBlobs = (data: string) =>
  readdirSync(join(data, "blobs"), { recursive: true })
    .map(String)
    .filter((name) => /[0-9a-f]{64}$/.test(name));

test("what was put is listed, read whole and in parts, replaced and deleted", async () => {
  const { folder } = await createRun();
  expect(await put(`${folder}/t/hello.txt`, "hello")).toMatchObject({ status: 200, body: {} });
  await put(`${folder}/sub%20dir/f%C3%BC.bin`, "x", "application/octet-stream");
  await put(`${folder}/d.json`, "{}");
  const list = async (path: string) => (await fetchJson(`${root()}/artifacts?path=${encodeURIComponent(path)}`)).body;
  expect(await list(folder)).toEqual({
    files: [
      { path: "d.json", is_dir: false, file_size: 2 },
      { path: "sub dir", is_dir: true },
      { path: "t", is_dir: true },
    ],
  });
  for (const none of [`${folder}/d.json`, `${folder}/nothing`]) expect(await list(none)).toEqual({});

  const file = `${root()}/artifacts/${folder}/t/hello.txt`;
  const whole = await fetch(file);
  const etag = `"${sha("hello")}"`;
  expect(await whole.text()).toBe("hello");
  expect(Object.fromEntries(whole.headers)).toMatchObject({
    "content-type": "text/plain",
    "content-length": "5",
    "content-disposition": `attachment; filename="hello.txt"; filename*=UTF-8''hello.txt`,
    "x-content-type-options": "nosniff",
    "accept-ranges": "bytes",
    etag,
  });
  const part = async (headers: Record<string, string>) => {
    const answer = await fetch(file, { headers });
    return [answer.status, answer.headers.get("content-range"), await answer.text()];
  };
  expect(await part({ range: "bytes=1-2" })).toEqual([206, "bytes 1-2/5", "el"]);
  expect(await part({ range: "bytes=3-" })).toEqual([206, "bytes 3-4/5", "lo"]);
  expect(await part({ range: "bytes=-2" })).toEqual([206, "bytes 3-4/5", "lo"]);
  expect(await part({ range: "bytes=2-99", "if-range": etag })).toEqual([206, "bytes 2-4/5", "llo"]);
  expect(await part({ range: "bytes=2-3", "if-range": '"other"' })).toEqual([200, null, "hello"]);
  expect(await part({ range: "bytes=5-" })).toEqual([416, "bytes */5", ""]);
  for (const range of ["bytes=0-1,3-4", "lines=1-2", "bytes=3-1"])
    expect(await part({ range })).toEqual([200, null, "hello"]);
  expect(await part({ "if-none-match": etag })).toEqual([304, null, ""]);

  await put(`${folder}/t/hello.txt`, "good bye");
  expect(await part({ range: "bytes=0-3", "if-range": etag })).toEqual([200, null, "good bye"]);
  expect((await fetchJson(file, { method: "DELETE", json: {} })).body).toEqual({});
  expect((await fetchJson(file, { method: "DELETE", json: {} })).body).toEqual({});
  expect(await fetchJson(file)).toMatchObject({ status: 404, body: { error_code: "RESOURCE_DOES_NOT_EXIST" } });
  const refused = await fetchJson(`${root()}/artifacts/${folder}/sub%20dir`);
  expect(refused).toMatchObject({ status: 400, body: { error_code: "INVALID_PARAMETER_VALUE" } });
  await fetchJson(`${root()}/artifacts/${folder}`, { method: "DELETE", json: {} });
  expect(await list(folder)).toEqual({});
});

test("the same bytes are stored once, however often and wherever they are put, and are in a backup", async () => {
  const bytes = randomBytes(3_000_000);
  const { folder } = await createRun();
  await Promise.all(["a", "b", "c/d"].map((name) => put(`${folder}/${name}`, bytes, "application/octet-stream")));
  expect(listBlobs(server.data).filter((name) => name.endsWith(sha(bytes)))).toHaveLength(1);
  const backup = Buffer.from(await (await fetch(`${server.url}/api/v1/backup`)).arrayBuffer());
  expect(backup.includes(`data/blobs/${sha(bytes).slice(0, 2)}/${sha(bytes)}`)).toBe(true);
});

describe("a path that leaves the root is refused in every spelling", () => {
  const paths = ["../x", "a/../../x", "%2e%2e/x", "%2E%2E%2Fx", "%252e%252e%252fx", "..%5cx", "%5c%5chost/x", "C:/x"];
  const more = ["/etc/passwd", "%2fetc/passwd", "file:///etc/passwd", "s3://bucket/x", "a%00b", "a%23b", "c%3a/x"];
  test.each([...paths, ...more])("%s", async (path) => {
    const expected = expect.stringMatching(/"error_code":"INVALID_PARAMETER_VALUE","message":"Invalid path"/);
    const host = "Host: localhost\r\nConnection: close\r\n";
    for (const [method, rest] of [
      ["GET", host],
      ["PUT", `${host}Content-Type: text/plain\r\nContent-Length: 1\r\n`],
      ["DELETE", host],
    ]) {
      const body = method === "PUT" ? "x" : "";
      const head = `${method} /api/2.0/mlflow-artifacts/artifacts/${path} HTTP/1.1\r\n${rest}\r\n${body}`;
      const answer = await sendRaw(server.port, [head]);
      expect([answer.status, answer.text]).toEqual([400, expected]);
    }
    const { id } = await createRun();
    const given = encodeURIComponent(decodeURIComponent(path));
    for (const url of [
      `${root()}/artifacts?path=${given}`,
      `${server.url}/get-artifact?run_id=${id}&path=${given}`,
      `${server.url}/api/2.0/mlflow/artifacts/list?run_id=${id}&path=${given}`,
    ])
      expect(await fetchJson(url)).toMatchObject({ status: 400, body: { message: "Invalid path" } });
    expect(existsSync(join(server.data, "x"))).toBe(false);
  });
});

test("MLflow's UI lists, reads and uploads files of runs, logged models and versions", async () => {
  const { id, folder } = await createRun();
  await put(`${folder}/model/MLmodel`, "flavors: {}");
  const api = `${server.url}/ajax-api/2.0/mlflow`;
  expect((await fetchJson(`${api}/artifacts/list?run_uuid=${id}&path=model`)).body).toEqual({
    root_uri: `mlflow-artifacts:/${folder}`,
    files: [{ path: "model/MLmodel", is_dir: false, file_size: 11 }],
  });
  const read = async (url: string) => (await fetch(url)).text();
  expect(await read(`${server.url}/get-artifact?run_uuid=${id}&path=model/MLmodel`)).toBe("flavors: {}");
  expect(await read(`${server.url}//get-artifact?run_id=${id}&path=model%2FMLmodel`)).toBe("flavors: {}");
  const upload = (query: string, body: string) =>
    fetchJson(`${api}/upload-artifact?${query}`, { method: "POST", body });
  expect((await upload(`run_uuid=${id}&path=notes/n.txt`, "note")).status).toBe(200);
  expect(await read(`${server.url}/get-artifact?run_id=${id}&path=notes/n.txt`)).toBe("note");
  expect((await upload(`path=x`, "note")).body.message).toBe("Request must specify run_uuid.");
  expect((await upload(`run_uuid=${id}&path=x`, "y".repeat(10 * 1024 * 1024 + 1))).body.message).toMatch("too large");

  const made = await fetchJson(`${api}/logged-models`, { json: { experiment_id: "0", name: "m", source_run_id: id } });
  const { model_id: model, artifact_uri: uri } = made.body.model.info;
  await put(`${uri.slice("mlflow-artifacts:/".length)}/data/w`, "weights");
  const listed = await fetchJson(`${api}/logged-models/${model}/artifacts/directories?artifact_directory_path=data`);
  expect(listed.body).toEqual({ root_uri: uri, files: [{ path: "data/w", is_dir: false, file_size: 7 }] });
  expect(await read(`${api}/logged-models/${model}/artifacts/files?artifact_file_path=data/w`)).toBe("weights");

  await deploy(server.url, flights.v1);
  const version = `${server.url}/model-versions/get-artifact?name=flight-delay&version=1&path=model.onnx`;
  const onnx = Buffer.from(await (await fetch(version)).arrayBuffer());
  const place = "slipway-versions/flight-delay/1/model.onnx";
  expect(sha(onnx)).toBe(sha(Buffer.from(await (await fetch(`${root()}/artifacts/${place}`)).arrayBuffer())));
  expect(await put(place, "other")).toMatchObject({ status: 403, body: { error_code: "PERMISSION_DENIED" } });
});

test("a file comes in parts to addresses that this server gave out", async () => {
  const { folder } = await createRun();
  const bytes = randomBytes(2_500_000);
  const call = (verb: string, json: object) => fetchJson(`${root()}/mpu/${verb}/${folder}/big`, { json });
  const { upload_id, credentials } = (await call("create", { path: "/home/ann/f.bin", num_parts: 3 })).body;
  expect(credentials.map((each: { part_number: number }) => each.part_number)).toEqual([1, 2, 3]);
  const parts = await Promise.all(
    credentials.map(async ({ url, part_number }: { url: string; part_number: number }) => {
      const body = bytes.subarray((part_number - 1) * 1_000_000, part_number * 1_000_000);
      const answer = await fetch(url, { method: "PUT", body });
      expect(answer.status).toBe(200);
      return { part_number, etag: answer.headers.get("etag"), url };
    }),
  );
  for (let again = 0; again < 2; again++)
    expect(await call("complete", { path: "/home/ann/f.bin", upload_id, parts })).toMatchObject({
      status: 200,
      body: {},
    });
  const whole = await fetch(`${root()}/artifacts/${folder}/big/f.bin`);
  expect(sha(Buffer.from(await whole.arrayBuffer()))).toBe(sha(bytes));
  const other = (await call("create", { path: "g.bin", num_parts: 2 })).body;
  expect((await call("complete", { path: "g.bin", upload_id: other.upload_id, parts: [] })).status).toBe(400);
  expect(await call("abort", { path: "g.bin", upload_id: other.upload_id })).toMatchObject({ status: 200, body: {} });
  const late = await fetchJson(other.credentials[0].url, { method: "PUT", body: "x" });
  expect(late).toMatchObject({ status: 404, body: { error_code: "RESOURCE_DOES_NOT_EXIST" } });
  expect(await fetchJson(`${root()}/presigned/${folder}/big/f.bin`)).toMatchObject({
    status: 501,
    body: { error_code: "NOT_IMPLEMENTED" },
  });
});

test("an upload may take longer than a request, as long as its bytes come", async () => {
  const { folder } = await createRun();
  const head = `PUT /api/2.0/mlflow-artifacts/artifacts/${folder}/slow HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\n`;
  const pieces = Array.from({ length: 6 }, () => "0123456789");
  const slow = await sendRaw(server.port, [`${head}Content-Length: 60\r\nConnection: close\r\n\r\n`, ...pieces], {
    pauseMs: 300,
  });
  expect(slow.status).toBe(200);
  const stuck = await sendRaw(server.port, [`${head}Content-Length: 99\r\nConnection: close\r\n\r\n`, "0123"]);
  expect(stuck.status).toBe(0);
  expect((await (await fetch(`${root()}/artifacts/${folder}/slow`)).text()).length).toBe(60);
});

test("of an upload that was killed nothing is there, and what was received goes at the next start", async () => {
  const killed = await startServer();
  const growing = join(killed.data, "blobs/partial/growing");
  const path = "/api/2.0/mlflow-artifacts/artifacts/0/r/artifacts/big";
  const upload = request({ port: killed.port, method: "PUT", path, headers: { "content-length": 20_000_000 } });
  upload.on("error", () => {});
  upload.write(Buffer.alloc(12_000_000));
  const received = () => (existsSync(growing) ? readdirSync(growing) : []);
  await expect.poll(received, { timeout: 30_000 }).toHaveLength(1);
  await killed.kill9();
  expect([received().length, listBlobs(killed.data)]).toEqual([1, []]);
  await killed.restart();
  expect(received()).toEqual([]);
  expect((await fetch(`${killed.url}${path}`)).status).toBe(404);
});

test("an upload of 160 MB is neither held in memory nor in the way of others", { timeout: 120_000 }, async () => {
  const { folder } = await createRun();
  const rss = () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${server.pid}/status`, "utf8"))![1]) * 1024;
  const path = `/api/2.0/mlflow-artifacts/artifacts/${folder}/large`;
  await put(`${folder}/first`, randomBytes(12_000_000), "application/octet-stream");
  const [before, size] = [rss(), 160 * 1024 * 1024];
  let peak = 0;
  const upload = request({ port: server.port, method: "PUT", path, headers: { "content-length": size } });
  const answered = new Promise<number>((resolve, reject) => {
    upload.on("response", (answer) => resolve(answer.resume().statusCode!)).on("error", reject);
  });
  const chunk = randomBytes(1024 * 1024);
  for (let sent = 0; sent < size; sent += chunk.length) {
    peak = Math.max(peak, rss());
    if (!upload.write(Buffer.from(chunk))) await new Promise((resolve) => upload.once("drain", resolve));
  }
  upload.end();
  expect(await answered).toBe(200);
  const answer = await fetch(`${server.url}${path}`);
  let read = 0;
  for await (const piece of answer.body!) {
    read += piece.length;
    peak = Math.max(peak, rss());
  }
  expect(read).toBe(size);
  expect(peak - before).toBeLessThan(64 * 1024 * 1024);
});

test("runs are deleted and restored in bulk, by a filter or by their ids", async () => {
  const name = "bulk";
  const api = `${server.url}/api/2.0/mlflow`;
  const { experiment_id } = (await fetchJson(`${api}/experiments/create`, { json: { name } })).body;
  const ids: string[] = [];
  for (const value of [1, 2, 3]) {
    const { run_id } = (await fetchJson(`${api}/runs/create`, { json: { experiment_id } })).body.run.info;
    await fetchJson(`${api}/runs/log-metric`, { json: { run_id, key: "loss", value, timestamp: 1 } });
    ids.push(run_id);
  }
  const run = (...args: string[]) => runCli(["runs", ...args, "--url", server.url]);
  const active = async () => JSON.parse((await run("list", "--experiment", name, "-o", "json")).stdout).length;
  const some = ["--experiment", name, "--filter", "metrics.loss >= 2 OR metrics.loss < 0"];
  const dry = await run("delete", ...some, "--dry-run");
  expect([dry.code, dry.stdout.includes(ids[2]!), dry.stderr, await active()]).toEqual([
    0,
    true,
    expect.stringContaining("2 runs would be deleted; nothing was changed."),
    3,
  ]);
  const deleted = await run("delete", ...some, "-o", "json");
  expect(JSON.parse(deleted.stdout)).toEqual({
    dry_run: false,
    count: 2,
    run_ids: expect.arrayContaining(ids.slice(1)),
  });
  expect(await active()).toBe(1);
  expect((await run("restore", `${ids[1]},${ids[2]}`)).stderr).toContain("2 runs restored.");
  expect(await active()).toBe(3);
  expect(await run("delete", `${ids[0]},nobody`)).toMatchObject({
    code: 4,
    stderr: expect.stringContaining("no run nobody"),
  });
  expect((await run("delete")).code).toBe(2);
  const bare = await fetchJson(`${server.url}/api/v1/runs/delete`, { json: {} });
  expect(bare).toMatchObject({ status: 400, body: { code: "invalid_request" } });
  expect(await active()).toBe(3);
});
