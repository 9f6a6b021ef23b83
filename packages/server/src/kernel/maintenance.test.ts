import { expect, test } from "vitest";
import { createMaintenance } from "./maintenance.ts";

function createGate() {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { passed: promise, open: resolve };
}

const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

test("shared work goes on together, exclusive work alone, in the order in which they asked", async () => {
  const maintenance = createMaintenance();
  const gates = [createGate(), createGate(), createGate(), createGate()] as const;
  const all = [
    maintenance.shared("backup 1", () => gates[0].passed),
    maintenance.shared("backup 2", () => gates[1].passed),
    maintenance.exclusive("gc", () => gates[2].passed),
    // Asked after the exclusive one, so it does not overtake it.
    maintenance.shared("backup 3", () => gates[3].passed),
  ];
  await settled();
  expect(maintenance.holders()).toEqual(["backup 1", "backup 2"]);
  gates[0].open();
  await settled();
  expect(maintenance.holders()).toEqual(["backup 2"]);
  gates[1].open();
  await settled();
  expect(maintenance.holders()).toEqual(["gc"]);
  gates[2].open();
  await settled();
  expect(maintenance.holders()).toEqual(["backup 3"]);
  gates[3].open();
  await Promise.all(all);
  expect(maintenance.holders()).toEqual([]);
});

test("a failure frees the turn and is handed on", async () => {
  const maintenance = createMaintenance();
  await expect(maintenance.exclusive("gc", () => Promise.reject(new Error("full disk")))).rejects.toThrow("full disk");
  expect(await maintenance.exclusive("erase", () => Promise.resolve(7))).toBe(7);
});

test("who gives up waiting does not keep the others", async () => {
  const maintenance = createMaintenance();
  const gate = createGate();
  const stop = new AbortController();
  const first = maintenance.shared("backup", () => gate.passed);
  const second = maintenance.exclusive("gc", () => Promise.resolve(), stop.signal);
  const third = maintenance.shared("backup 2", () => Promise.resolve("went on"));
  stop.abort(new Error("no patience"));
  await expect(second).rejects.toThrow("no patience");
  expect(await third).toBe("went on");
  gate.open();
  await first;
});

test("inside exclusive work more is allowed at once, exclusive inside shared is refused", async () => {
  const maintenance = createMaintenance();
  const inner = maintenance.exclusive("erase", () =>
    maintenance.exclusive("lake", () => maintenance.shared("count", () => Promise.resolve("inside"))),
  );
  expect(await inner).toBe("inside");
  await expect(
    maintenance.shared("backup", () => maintenance.exclusive("gc", () => Promise.resolve())),
  ).rejects.toThrow("wait for itself");
  expect(maintenance.holders()).toEqual([]);
});
