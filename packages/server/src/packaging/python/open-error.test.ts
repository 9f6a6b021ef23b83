import { SlipwayError } from "@slipway/contract";
import { expect, test } from "vitest";
import { toOpenError } from "./open-error.ts";

const at = { file: "model.joblib", timeMs: null };

test("a system library that is missing is named with the package that has it, once", () => {
  const told = new SlipwayError("invalid_model", "A package needs libSM.so.6. Install it.", { library: "libSM.so.6" });
  expect(toOpenError(told, at)).toMatchObject({
    message: expect.stringContaining("apt-get install libsm6"),
    details: { library: "libSM.so.6", debian_package: "libsm6" },
  });
  const whole = new SlipwayError("invalid_model", "On Debian: apt-get install libgomp1.", { library: "libgomp.so.1" });
  expect(toOpenError(whole, at)).toBe(whole);
  const died = "it ended: OSError: libGL.so.1: cannot open shared object file: No such file or directory";
  expect(toOpenError(new SlipwayError("not_ready", died), at)).toMatchObject({
    code: "invalid_model",
    details: { file: "model.joblib", debian_package: "libgl1" },
  });
  const other = new SlipwayError("invalid_model", "It is no pickle.");
  expect(toOpenError(other, at)).toBe(other);
});
