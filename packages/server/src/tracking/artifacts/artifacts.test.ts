import { createHash } from "node:crypto";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { expect, test } from "vitest";
import { systemClock } from "../../kernel/clock.ts";
import { createBlobStore } from "../../platform/blobs/index.ts";
import { migrate } from "../../platform/sql/index.ts";
import { describeStores, type OpenStore } from "../../platform/sql/testing/describe-stores.ts";
import { createArtifacts } from "./artifacts.ts";
import { artifactMigrations } from "./migrations.ts";

const sha = (bytes: string) => createHash("sha256").update(bytes).digest("hex");
const stream = (bytes: string) => Readable.from([Buffer.from(bytes)]);
const version = [
  { path: "model.onnx", sha256: sha("onnx"), size: 4 },
  { path: "deep/er/x", sha256: sha("x"), size: 1 },
];

async function useArtifacts(open: OpenStore, clock = systemClock) {
  const sql = await open();
  await migrate(sql, artifactMigrations);
  const blobs = createBlobStore({ folder: join(await mkdtemp(join(tmpdir(), "slipway-")), "blobs") });
  const findVersionFiles = async (model: string, n: number) => (model === "flights" && n === 3 ? version : null);
  const artifacts = createArtifacts({ sql, blobs, clock, findVersionFiles });
  const put = async (...paths: string[]) => {
    for (const path of paths) await artifacts.put(path, stream(path));
  };
  const names = async (folder: string) =>
    (await artifacts.list(folder)).map(({ name, size }) => (size === null ? `${name}/` : name));
  return { artifacts, blobs, put, names };
}

describeStores("artifacts", (open) => {
  test("are found, listed, replaced and deleted by their paths", async () => {
    const { artifacts, put, names } = await useArtifacts(open);
    await put("1/r/artifacts/a.txt", "1/r/artifacts/model/b", "1/r/artifacts/model/c/d", "1/r/artifacts/model-2/e");
    await put("1/r/artifacts/model0", "1/r/artifacts/model0x/y", "1/r2/artifacts/Z", "10/r/artifacts/f", "top");
    expect(await names("1/r/artifacts")).toEqual(["a.txt", "model/", "model-2/", "model0", "model0x/"]);
    expect(await names("1/r/artifacts/model/")).toEqual(["b", "c/"]);
    expect(await names("")).toEqual(["1/", "10/", "top"]);
    expect([await names("1/r/artifacts/a.txt"), await names("nothing/here")]).toEqual([[], []]);
    expect((await artifacts.listFiles("1/r/artifacts/model")).map(({ path }) => path)).toEqual(["b", "c/d"]);
    expect(await artifacts.listFiles("")).toHaveLength(9);

    const before = await artifacts.find("1/r/artifacts/a.txt");
    expect(before).toMatchObject({ sha256: sha("1/r/artifacts/a.txt"), size: 19 });
    await artifacts.put("1/r/artifacts/a.txt", stream("new"), { size: 3 });
    const opened = await artifacts.open("1//r/artifacts/./a.txt", { start: 1 });
    expect([opened.size, await text(opened.stream)]).toEqual([3, "ew"]);
    await expect(artifacts.open("1/r/artifacts/model")).rejects.toThrow("refers to a directory");
    await expect(artifacts.open("1/r/artifacts/none")).rejects.toMatchObject({ code: "artifact_not_found" });

    expect(await artifacts.delete("1/r/artifacts/model")).toBe(2);
    expect(await artifacts.delete("1/r/artifacts/model")).toBe(0);
    expect(await names("1/r/artifacts")).toEqual(["a.txt", "model-2/", "model0", "model0x/"]);
    expect(await artifacts.delete("1/r/artifacts/a.txt")).toBe(1);
  });

  test("with the same bytes are one blob, which is referenced as long as one of them is there", async () => {
    const { artifacts, blobs } = await useArtifacts(open);
    const stored = await Promise.all(["1/a", "1/b", "2/c"].map((path) => artifacts.put(path, stream("same"))));
    expect(new Set(stored.map(({ sha256 }) => sha256)).size).toBe(1);
    const listed = [];
    for await (const { sha256 } of blobs.list()) listed.push(sha256);
    expect(listed).toEqual([sha("same")]);
    await artifacts.link("3/d", { sha256: sha("same"), size: 4 });
    expect([...(await artifacts.listReferenced())]).toEqual([sha("same")]);
    for (const path of ["1", "2/c"]) await artifacts.delete(path);
    expect(await artifacts.isReferenced(sha("same"))).toBe(true);
    await artifacts.delete("3");
    expect([await artifacts.isReferenced(sha("same")), (await artifacts.listReferenced()).size]).toEqual([false, 0]);
  });

  test("are either a file or a folder, and nowhere but below the root", async () => {
    const { artifacts, put, names } = await useArtifacts(open);
    await put("1/a/b");
    for (const path of ["1/a", "1", "1/a/b/c", "1/a/b/c/d"])
      await expect(artifacts.put(path, stream("x"))).rejects.toMatchObject({ code: "invalid_request" });
    for (const path of ["../x", "%2e%2e/x", "/etc/passwd", "1/../2", "C:/x", "1\\b"])
      for (const call of [
        () => artifacts.put(path, stream("x")),
        () => artifacts.open(path),
        () => artifacts.list(path),
        () => artifacts.delete(path),
      ])
        await expect(call()).rejects.toMatchObject({ code: "invalid_request", message: "Invalid path" });
    expect(await names("")).toEqual(["1/"]);
  });

  test("of a version that was deployed are read and never written", async () => {
    const { artifacts, blobs, names } = await useArtifacts(open);
    await blobs.receive(stream("onnx"));
    expect(await names("slipway-versions/flights/3")).toEqual(["deep/", "model.onnx"]);
    expect(await names("slipway-versions/flights/3/deep")).toEqual(["er/"]);
    for (const none of ["slipway-versions", "slipway-versions/flights", "slipway-versions/flights/4"])
      expect(await names(none)).toEqual([]);
    expect(await artifacts.listFiles("slipway-versions/flights/3")).toEqual(version);
    expect(await text((await artifacts.open("slipway-versions/flights/3/model.onnx")).stream)).toBe("onnx");
    for (const call of [artifacts.put("slipway-versions/a", stream("x")), artifacts.delete("slipway-versions/flights")])
      await expect(call).rejects.toMatchObject({ code: "forbidden" });
  });

  test("come in parts, in any order, and are told that they are there as often as somebody asks", async () => {
    const { artifacts } = await useArtifacts(open);
    const { uploads } = artifacts;
    const part = (bytes: string) => ({ stream: stream(bytes), size: bytes.length });
    const whole = async (path: string) => text((await artifacts.open(path)).stream);

    const id = uploads.create("1/big", 3);
    await Promise.all([
      uploads.put(id, 3, part("z")),
      uploads.put(id, 2, part("defg")),
      uploads.put(id, 1, part("xxxx")),
    ]);
    expect(await uploads.put(id, 1, part("abcd"))).toBe("1-4");
    await expect(uploads.complete("1/other", id)).rejects.toMatchObject({ code: "invalid_request" });
    await Promise.all([uploads.complete("1/big", id), uploads.complete("1/big", id)]);
    await uploads.complete("1/big", id);
    expect(await whole("1/big")).toBe("abcddefgz");

    const early = uploads.create("1/early", 2);
    await uploads.put(early, 2, part("early"));
    await expect(uploads.complete("1/early", early)).rejects.toThrow("did not come yet: 1");
    await expect(uploads.put(early, 3, part("x"))).rejects.toMatchObject({ code: "invalid_request" });
    await uploads.put(early, 1, part("begin "));
    await uploads.complete("1/early", early);
    expect(await whole("1/early")).toBe("begin early");

    const other = uploads.create("1/one", 1);
    await uploads.abort("1/one", other);
    await expect(uploads.put(other, 1, part("x"))).rejects.toMatchObject({ code: "upload_not_found" });
    expect(await artifacts.find("1/one")).toBe(null);
    expect(() => uploads.create("../x", 1)).toThrow("Invalid path");
  });

  test("in parts that nobody goes on with are swept", async () => {
    let now = 1000;
    const { artifacts } = await useArtifacts(open, { ...systemClock, now: () => now });
    const id = artifacts.uploads.create("1/x", 2);
    await artifacts.uploads.put(id, 1, { stream: stream("abc"), size: 3 });
    now = 5000;
    const fresh = artifacts.uploads.create("1/y", 2);
    const swept = [{ name: "1/x", bytes: 3 }];
    expect(await artifacts.uploads.sweep({ before: 5000, dryRun: true })).toEqual(swept);
    expect(await artifacts.uploads.sweep({ before: 5000, dryRun: false })).toEqual(swept);
    await expect(artifacts.uploads.complete("1/x", id)).rejects.toMatchObject({ code: "upload_not_found" });
    await artifacts.uploads.put(fresh, 1, { stream: stream("x"), size: 1 });
    expect(await artifacts.uploads.sweep({ before: Infinity, dryRun: false })).toHaveLength(1);
  });
});
