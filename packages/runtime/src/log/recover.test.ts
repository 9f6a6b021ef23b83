import { type ChildProcess, execFile, execFileSync, spawn } from "node:child_process";
import { randomUUIDv7 } from "node:crypto";
import { existsSync } from "node:fs";
import { copyFile, mkdir, mkdtemp, readFile, readdir, rm, stat, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { decodeRecord } from "./decode.ts";
import { closedFile, segmentFile } from "./format.ts";
import { type SegmentTail, listInstances, listSegments, readSegment } from "./reader.ts";
import { recoverInstance } from "./recover.ts";
import { plainRecord } from "./testing/records.ts";
import { createLogWriter } from "./writer.ts";

const script = (name: string) => fileURLToPath(new URL(`./testing/${name}.ts`, import.meta.url));

async function read(path: string): Promise<{ ids: string[]; ends: number[]; tail: SegmentTail | undefined }> {
  const ids: string[] = [];
  const ends: number[] = [];
  let tail: SegmentTail | undefined;
  for await (const { payload, offset } of readSegment(path, 0, { onTail: (found) => (tail = found) })) {
    ids.push(decodeRecord(payload).id);
    ends.push(offset.byte);
  }
  return { ids, ends, tail };
}

async function readAll(folder: string): Promise<string[]> {
  const ids: string[] = [];
  for (const segment of await listSegments(folder)) ids.push(...(await read(join(folder, segmentFile(segment)))).ids);
  return ids;
}

async function writeSegment(count: number, parent = tmpdir()) {
  const folder = await mkdtemp(join(parent, "slipway-"));
  const instance = randomUUIDv7();
  const writer = createLogWriter({
    folder,
    instance,
    now: () => Date.now(),
    onError: (error) => expect(error).toBeNull(),
  });
  for (let i = 0; i < count; i++) writer.append(plainRecord({ instance, id: randomUUIDv7() }), {}, () => {});
  await writer.close();
  return { folder: join(folder, instance), path: join(folder, instance, segmentFile(1)), parent: folder };
}

test("a segment cut at every single byte recovers to exactly its whole frames", async () => {
  // In memory where there is such a folder: recovery syncs, and this recovers hundreds of times.
  const memory = "/dev/shm";
  const { path, parent } = await writeSegment(2, existsSync(memory) ? memory : tmpdir());
  const whole = await read(path);
  const { size } = await stat(path);
  expect(whole.tail).toEqual({ byte: size, state: "end" });
  for (let length = 0; length <= size; length++) {
    const folder = join(parent, `cut-${length}`);
    const copy = join(folder, segmentFile(1));
    await mkdir(folder);
    await copyFile(path, copy);
    await truncate(copy, length);
    const kept = whole.ends.filter((end) => end <= length).length;
    const before = await read(copy);
    expect(before.ids).toEqual(whole.ids.slice(0, kept));
    expect(before.tail?.state).toBe(length === 64 || whole.ends.includes(length) ? "end" : "torn");
    expect(await recoverInstance(folder)).toMatchObject({ recovered: true, keptAs: null });
    expect(await readAll(folder)).toEqual(whole.ids.slice(0, kept));
    if (length > 64) expect((await stat(copy)).size).toBe(kept === 0 ? 64 : whole.ends[kept - 1]);
    expect(await recoverInstance(folder)).toMatchObject({ recovered: false, cutBytes: 0 });
  }
  await rm(parent, { recursive: true });
});

test("a tail of zeros is cut, damage is kept aside, and other segments are left alone", async () => {
  const zeros = await writeSegment(2);
  const { size } = await stat(zeros.path);
  await rm(join(zeros.folder, closedFile));
  await truncate(zeros.path, size + 500);
  expect(await recoverInstance(zeros.folder)).toEqual({ recovered: true, cutBytes: 500, keptAs: null });
  expect(await readAll(zeros.folder)).toHaveLength(2);

  const damaged = await writeSegment(3);
  await rm(join(damaged.folder, closedFile));
  const bytes = await readFile(damaged.path);
  const { ends } = await read(damaged.path);
  const at = (ends[0] as number) + 20;
  bytes[at] = (bytes[at] as number) ^ 1;
  await writeFile(damaged.path, bytes);
  await writeFile(join(damaged.folder, "00000000.log"), "not looked at");
  expect((await read(damaged.path)).tail).toEqual({ byte: ends[0], state: "damaged" });
  const { keptAs } = await recoverInstance(damaged.folder);
  expect(keptAs).toBe(`${damaged.path}.damaged`);
  expect(await readFile(keptAs as string)).toEqual(bytes.subarray(ends[0]));
  expect((await read(damaged.path)).ids).toHaveLength(1);
  expect(await readFile(join(damaged.folder, "00000000.log"), "utf8")).toBe("not looked at");
});

test("reading goes on from any frame and stops at `until`", async () => {
  const { path } = await writeSegment(5);
  const { ids, ends } = await read(path);
  for (let i = 0; i < ends.length; i++) {
    const found: string[] = [];
    const from = i === 0 ? 0 : (ends[i - 1] as number);
    let tail: SegmentTail | undefined;
    const until = ends[3] as number;
    for await (const frame of readSegment(path, from, { until, onTail: (end) => (tail = end) }))
      found.push(decodeRecord(frame.payload).id);
    expect(found).toEqual(ids.slice(i, 4));
    expect(tail).toEqual({ byte: Math.max(from, until), state: "end" });
  }
});

test("frames larger than a chunk are read whole", async () => {
  const folder = await mkdtemp(join(tmpdir(), "slipway-"));
  const instance = randomUUIDv7();
  const writer = createLogWriter({ folder, instance, now: () => Date.now(), onError: () => {} });
  const data = new Float32Array(1_000_000).fill(3);
  const big = { name: "image", datatype: "FP32" as const, shape: [1, 1_000_000], data };
  for (const inputs of [[], [big], []])
    writer.append(plainRecord({ instance, id: randomUUIDv7(), fields: { inputs } }), {}, () => {});
  await writer.close();
  expect(await readAll(join(folder, instance))).toHaveLength(3);
});

/** Kills the child after a while and gives back what it printed. */
async function killed(child: ChildProcess, afterMs: number): Promise<string[]> {
  const chunks: Buffer[] = [];
  const ended = new Promise((resolve) => child.once("close", resolve));
  child.stdout?.on("data", (chunk: Buffer) => {
    if (chunks.length === 0) setTimeout(() => child.kill("SIGKILL"), afterMs);
    chunks.push(chunk);
  });
  await ended;
  return Buffer.concat(chunks)
    .toString()
    .split("\n")
    .filter((line) => line.length === 36);
}

test(
  "kill -9 at ten random moments loses no record that was answered, and doubles none",
  { timeout: 60_000 },
  async () => {
    const folder = await mkdtemp(join(tmpdir(), "slipway-"));
    const printed: string[] = [];
    for (let round = 0; round < 10; round++) {
      const durability = round % 3 === 2 ? "disk" : "process";
      const child = spawn(process.execPath, [script("append-forever"), folder, durability], {
        stdio: ["ignore", "pipe", "inherit"],
      });
      printed.push(...(await killed(child, Math.random() * 150)));
    }
    const found: string[] = [];
    const instances = await listInstances(folder);
    expect(instances).toHaveLength(10);
    for (const instance of instances) {
      expect(await recoverInstance(join(folder, instance))).toMatchObject({ recovered: true, keptAs: null });
      found.push(...(await readAll(join(folder, instance))));
    }
    expect(printed.length).toBeGreaterThan(100);
    expect(new Set(found).size).toBe(found.length);
    const missing = printed.filter((id) => !found.includes(id));
    expect(missing).toEqual([]);
  },
);

interface Filled {
  readonly instance: string;
  readonly logged: string[];
  readonly errors: string[];
  readonly failed: number;
}

/** Runs the filler; `makeRoom` is called when it was refused. */
async function fillUp(command: string, folder: string, makeRoom: (pid: number) => unknown): Promise<Filled> {
  const run = `${command} exec '${process.execPath}' '${script("fill-up")}' '${folder}'`;
  const child = execFile("bash", ["-c", run], { maxBuffer: 100e6 });
  let out = "";
  let room = false;
  child.stderr?.pipe(process.stderr);
  child.stdout?.on("data", (text: string) => {
    out += text;
    if (room || !out.startsWith("refused\n")) return;
    room = true;
    makeRoom(child.pid as number);
  });
  await new Promise((resolve) => child.once("close", resolve));
  return JSON.parse(out.split("\n").at(-2) as string) as Filled;
}

test("a file that may not grow: refused without a torn tail, taken again later", { timeout: 30_000 }, async () => {
  const folder = await mkdtemp(join(tmpdir(), "slipway-"));
  const filled = await fillUp("ulimit -S -f 100;", folder, (pid) =>
    execFileSync("prlimit", ["--pid", String(pid), "--fsize=unlimited:unlimited"]),
  );
  expect(filled.errors).toEqual(["EFBIG"]);
  expect(filled.failed).toBeGreaterThan(0);
  expect(await readAll(join(folder, filled.instance))).toEqual(filled.logged);
});

function canMount(): boolean {
  try {
    execFileSync("unshare", ["-rm", "sh", "-c", "mount -t tmpfs -o size=64k tmpfs /mnt"], { stdio: "ignore" });
    return true;
  } catch {
    // The test of a file that may not grow holds the same promise, without the right to mount.
    console.error("SKIPPED, this machine does not let a test mount a small volume.");
    return false;
  }
}

test.runIf(canMount())("a full volume: refused, then taken again, nothing lost", { timeout: 30_000 }, async () => {
  const folder = await mkdtemp(join(tmpdir(), "slipway-"));
  const out = join(folder, "out");
  const volume = join(folder, "volume");
  await mkdir(volume);
  // The volume lives as long as the inner shell: it copies the log out at the end, and makes room when asked.
  const inner = [
    `mount -t tmpfs -o size=1m tmpfs '${volume}'`,
    `head -c 500000 /dev/zero > '${volume}/ballast'`,
    `(while [ ! -e '${folder}/room' ]; do sleep 0.05; done; rm '${volume}/ballast') &`,
    `'${process.execPath}' '${script("fill-up")}' '${volume}'`,
    `cp -r '${volume}' '${out}'`,
  ].join("\n");
  await writeFile(join(folder, "inner.sh"), inner);
  const filled = await new Promise<Filled>((resolve, reject) => {
    const child = execFile("unshare", ["-rm", "sh", join(folder, "inner.sh")], { maxBuffer: 100e6 }, (error, stdout) =>
      error ? reject(error) : resolve(JSON.parse(stdout.split("\n").at(-2) as string) as Filled),
    );
    child.stdout?.once("data", () => void writeFile(join(folder, "room"), ""));
  });
  expect(filled.errors).toEqual(["ENOSPC"]);
  expect(filled.failed).toBeGreaterThan(0);
  expect(await readdir(out)).toEqual([filled.instance]);
  expect(await readAll(join(out, filled.instance))).toEqual(filled.logged);
});
