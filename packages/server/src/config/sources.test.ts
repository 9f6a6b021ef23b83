import { SlipwayError } from "@slipway/contract";
import { expect, test } from "vitest";
import { parseConfig } from "./index.ts";

test("sources come from the file and the environment, which wins", () => {
  const file = { sources: { warehouse: "postgres://me:hush@db/flights", local: "sqlite:///srv/a%20b.db" } };
  const env = { SLIPWAY_SOURCE_WAREHOUSE: "duckdb:///srv/w.duckdb", SLIPWAY_SOURCE_EMPTY: "" };
  expect(parseConfig({ file, env }).sources).toEqual({
    warehouse: { kind: "duckdb", path: "/srv/w.duckdb" },
    local: { kind: "sqlite", path: "/srv/a b.db" },
  });
  expect(parseConfig({}).sources).toEqual({});
});

test("wrong ones are told by their names, without what may be a password", () => {
  const file = { sources: { warehouse: "mysql://me:hush@db/flights", "Not A Name": "sqlite:///a" } };
  const env = { SLIPWAY_SOURCE_LOCAL: "sqlite://relative.db" };
  let message = "";
  try {
    parseConfig({ file, env });
  } catch (error) {
    if (SlipwayError.is(error)) message = error.message;
  }
  expect(message).toMatch(/sources\.warehouse: expected an address/);
  expect(message).toMatch(/sources\.Not A Name: a source is named with/);
  expect(message).toMatch(/SLIPWAY_SOURCE_LOCAL: expected an address/);
  expect(message).not.toContain("hush");
  expect(() => parseConfig({ file: { sources: "sqlite:///a" } })).toThrow(/a map of names/);
  expect(() => parseConfig({ flags: { sources: "sqlite:///a" } })).toThrow(/there is no such option/);
});
