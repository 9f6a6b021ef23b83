import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createSealer } from "./index.ts";

let folder = "";
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), "slipway-"))));
afterEach(() => rmSync(folder, { recursive: true }));

test("a secret opens with the key beside it, in its own place, and is not in what is kept", () => {
  const file = join(folder, "sealing.key");
  const sealer = createSealer({ file, passphrase: null });
  expect(existsSync(file)).toBe(false);
  const sealed = sealer.seal("hush ✓", "webhook:1");
  expect(sealed).not.toContain("hush");
  expect(sealer.seal("hush ✓", "webhook:1")).not.toBe(sealed);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(createSealer({ file, passphrase: null }).open(sealed, "webhook:1")).toBe("hush ✓");
  expect(() => sealer.open(sealed, "webhook:2")).toThrow(/sealed with another key/);
  expect(() => sealer.open(sealed.slice(0, -4), "webhook:1")).toThrow(/sealed with another key/);
  rmSync(file);
  expect(() => createSealer({ file, passphrase: null }).open(sealed, "webhook:1")).toThrow(/another key/);
});

test("with a passphrase no key is kept", () => {
  const file = join(folder, "sealing.key");
  const sealed = createSealer({ file, passphrase: "one" }).seal("hush", "x");
  expect(existsSync(file)).toBe(false);
  expect(createSealer({ file, passphrase: "one" }).open(sealed, "x")).toBe("hush");
  expect(() => createSealer({ file, passphrase: "two" }).open(sealed, "x")).toThrow(/SLIPWAY_SEALING_KEY/);
});

test("a key that is there is used, and never replaced", () => {
  const file = join(folder, "sealing.key");
  createSealer({ file, passphrase: null }).seal("a", "x");
  const key = readFileSync(file, "utf8");
  const sealed = createSealer({ file, passphrase: null }).seal("b", "x");
  expect(readFileSync(file, "utf8")).toBe(key);
  expect(createSealer({ file, passphrase: null }).open(sealed, "x")).toBe("b");
});
