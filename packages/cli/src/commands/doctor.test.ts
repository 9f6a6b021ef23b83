import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { UsageError } from "../exit-codes.ts";
import { runCommand } from "../testing/context.ts";
import { doctor } from "./doctor.ts";

let root = "";
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "slipway-"));
});
afterAll(() => rm(root, { recursive: true, force: true }));

const reserve = ["--log-reserve", "0"];

test("a table with a sign, the check and what was found; 0 where nothing failed", async () => {
  const { code, out } = await runCommand(doctor, { options: { data: root, port: "0" }, rest: reserve });
  expect(out).toMatch(/^STATE +CHECK +MESSAGE\n/);
  expect(out).toMatch(/^✓ ok +onnx runtime +/m);
  expect(out).toContain(root);
  expect(code).toBe(0);
});

test("a warning is no failure, a failure ends with 1", async () => {
  const taken = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => taken.once("listening", resolve));
  const port = String((taken.address() as AddressInfo).port);
  const rest = [...reserve, `--grpc-port=${port}`];
  const warned = await runCommand(doctor, { options: { data: root, port }, rest });
  taken.close();
  expect(warned.out).toMatch(/^! warning +port +/m);
  expect(warned.out).toMatch(/^! warning +gRPC port +/m);
  expect(warned.code).toBe(0);
  const failed = await runCommand(doctor, {
    options: { port: "0" },
    rest: ["--log-reserve=999999GiB"],
    settings: { format: "json" },
  });
  expect(failed.code).toBe(1);
  expect(JSON.parse(failed.out)).toContainEqual(expect.objectContaining({ check: "disk", state: "failed" }));
});

test("a wrong configuration is a finding, a wrong word is wrong usage", async () => {
  const { code, out } = await runCommand(doctor, { options: { port: "abc" } });
  expect(code).toBe(1);
  expect(out).toMatch(/^✗ failed +configuration +The configuration is wrong: port: expected a whole number/m);
  await expect(runCommand(doctor, { rest: ["data"] })).rejects.toThrow(UsageError);
});
