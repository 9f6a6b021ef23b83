import { parseManifest } from "@slipway/contract";
import { expect, test } from "vitest";
import { requireInside } from "./download.ts";
import { toDuration } from "./to-manifest.ts";

test("durations are written as slipway.yaml takes them", () => {
  const written = [0.5, 250, 1500, 30_000, 60_000, 5_400_000, 86_400_000].map(toDuration);
  expect(written).toEqual(["0.5ms", "250ms", "1500ms", "30s", "1m", "90m", "1d"]);
  for (const timeout of written) parseManifest({ slipway: 1, name: "a", serve: { timeout } });
});

test("a server cannot have a file written outside of the folder", () => {
  for (const path of ["model.onnx", "a/b c/ü.bin", ".slipway-model.onnx"]) expect(requireInside(path)).toBe(path);
  for (const path of ["", "/etc/passwd", "../x", "a/../../x", "a//b", "./a", "C:x", "a\\..\\b", "a\0"])
    expect(() => requireInside(path), path).toThrow(expect.objectContaining({ code: "invalid_request" }));
});
