import { describe, expect, test } from "vitest";
import { isGone } from "./gone.ts";
import { watched } from "./testing/hear.ts";

/** @param target of the only endpoint; undefined: there is no endpoint */
function ask(target: object | null | undefined, { epoch = 7, state = "verified", loaded = false } = {}) {
  const route = { endpoint: watched.endpoint, spec: { target }, loaded: loaded ? {} : null };
  const routes = new Map(target === undefined ? [] : [[watched.endpoint, route]]);
  const endpoints = { snapshot: () => ({ epoch, routes }) as never };
  const registry = { findRecorded: () => Promise.resolve({ version: { state } } as never) };
  return isGone({ endpoints, registry }, watched);
}

describe("a version is gone", () => {
  const { model, version } = watched;

  test("where another one serves, where none does, and where there is no such endpoint", async () => {
    expect(await ask({ model, version: version + 1 })).toBe(true);
    expect(await ask(null)).toBe(true);
    expect(await ask(undefined)).toBe(true);
  });

  test("not where it serves and is only not loaded here, where it is served elsewhere, or before the routes are read", async () => {
    expect(await ask({ model, version })).toBe(false);
    expect(await ask({ model, version }, { loaded: true })).toBe(false);
    expect(await ask(null, { state: "external" })).toBe(false);
    expect(await ask(undefined, { epoch: 0 })).toBe(false);
  });
});
