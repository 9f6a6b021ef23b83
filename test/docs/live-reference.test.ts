import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { routeTable } from "@slipway/contract";
import { tags } from "../../packages/runtime/src/log/format.ts";
import { datatypes } from "../../packages/runtime/src/tensor.ts";
import { deploy } from "../lib/deploy.ts";
import { fetchJson } from "../lib/fetch-json.ts";
import { patientFlights } from "../lib/models.ts";
import { useServer } from "../lib/server.ts";
import { listBlocks, readPage } from "./page.ts";

const server = useServer();
const record = { origin: "ATL", destination: "JFK", hour: 7, weekday: 2, distance: 760 };

beforeAll(async () => {
  await deploy(server.url, patientFlights().v1);
  const json = [{ ...record, flight_id: "AA 1" }, record, { ...record, flight_id: "AA 3" }];
  const answer = await fetchJson(`${server.url}/endpoints/flight-delay/predict`, { json });
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
}, 60_000);

/** Cells of the tables of a page, without ticks. */
function rowsOf(text: string): string[][] {
  return [...text.matchAll(/^\| (.*) \|$/gm)].map(([, row = ""]) =>
    row.split(" | ").map((cell) => cell.replaceAll("`", "").trim()),
  );
}

describe("docs/reference/http-api.md", () => {
  const rows = rowsOf(readPage("docs/reference/http-api.md"));
  const routes = rows.filter(([method = ""]) => /^(GET|HEAD|PUT|POST|DELETE)$/.test(method));

  test("has each route of /api/v1 with its scope, and no other", () => {
    const toLine = (cells: readonly string[]) => cells.slice(0, 4).join(" ").replaceAll("`", "");
    const documented = routes.filter(([, path = ""]) => path.startsWith("/api/v1")).map(toLine);
    const real = Object.values(routeTable).map(({ method, path, scope, summary }) => [method, path, scope, summary]);
    expect(documented.toSorted()).toEqual(real.map(toLine).toSorted());
  });

  test("every other path on it is there, and what is not built says so", async () => {
    const others = routes.filter(([, path = ""]) => !path.startsWith("/api/v1"));
    expect(others.length).toBeGreaterThan(15);
    for (const [method = "", path = ""] of others) {
      const url = path.replace(/\{(model|endpoint)\}/, "flight-delay").replace("{version}", "1");
      const answer = await fetchJson(`${server.url}${url}`, { method, ...(method === "POST" ? { json: record } : {}) });
      expect([path, answer.status === 404], JSON.stringify(answer.body)).toEqual([path, false]);
    }
    const later = rows.flatMap(([paths = ""]) => (/^\/.*(\.\.\.|invocations)/.test(paths) ? paths.split(", ") : []));
    expect(later).not.toEqual([]);
    for (const path of later) {
      const answer = await fetchJson(server.url + path.replace("NAME", "flight-delay").replace(/\.\.\.$/, "/x"));
      expect([path, answer.status, answer.body.code]).toEqual([path, 404, "unimplemented"]);
    }
  });
});

test("docs/reference/data-folder.md names everything that is in one, and nothing else", () => {
  const [folder = ""] = readPage("docs/reference/data-folder.md").split("## Formats and versions");
  const documented = rowsOf(folder)
    .flatMap(([paths = ""]) => paths.split(", "))
    .filter((path) => /^[a-z.]+(-[a-z]+)?\/?$/.test(path) && path !== "path")
    .map((path) => path.replace("/", ""));
  const there = readdirSync(server.data);
  // These are there while somebody needs them.
  const passing = ["envs", "erasures", "export", "sealing.key"].filter((name) => !there.includes(name));
  expect(documented.toSorted()).toEqual([...there, ...passing].toSorted());
  expect(existsSync(join(server.data, "blobs/partial"))).toBe(true);
  expect(readdirSync(join(server.data, "logs"))).toEqual(["server.jsonl"]);
});

/** Tags that nobody writes yet. */
const reservedTags = new Set<number>([
  tags.policyVersion,
  tags.exploration,
  tags.noise,
  tags.cacheOf,
  tags.featureVersions,
  tags.sliceTags,
]);

/** Number and name of each tag of the prediction log. */
const allTags = Object.entries(tags).map(([name, tag]) => ({
  tag: String(tag),
  name: name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
  reserved: reservedTags.has(tag),
}));

test.each(["docs/reference/prediction-log.md", "ARCHITECTURE.md"])("%s has every tag by its number", (path) => {
  const rows = rowsOf(readPage(path));
  const documented = rows.filter(([tag = ""]) => /^\d+$/.test(tag)).map(([tag, name]) => [tag, name]);
  expect(documented).toEqual(allTags.filter(({ reserved }) => !reserved).map(({ tag, name }) => [tag, name]));
  const reserved = rows
    .filter(([tag = ""]) => tag.includes(" to "))
    .flat()
    .join(" ");
  const places = allTags.filter((each) => each.reserved).map(({ name }) => reserved.indexOf(name));
  expect(places.every((place, i) => place > (places[i - 1] ?? 0))).toBe(true);
});

describe("docs/reference/prediction-log.md", () => {
  const page = readPage("docs/reference/prediction-log.md");

  test("has every datatype by its number", () => {
    expect(page.replaceAll("\n", " ")).toContain(datatypes.map((datatype, i) => `${i} ${datatype}`).join(", "));
  });

  test("its reader reads what a server wrote", () => {
    const reader = listBlocks(page).find(({ file }) => file === "read-log.mjs");
    const program = join(server.data, "..", "read-log.mjs");
    writeFileSync(program, reader?.code ?? "");
    const [instance = ""] = readdirSync(join(server.data, "log"));
    const segment = join(server.data, "log", instance, "00000001.log");
    const { stdout, stderr } = spawnSync(process.execPath, [program, segment], { encoding: "utf8" });
    expect(stderr).toBe("");
    const records = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    const first = records.find(({ endpoint, inputs }) => endpoint === "flight-delay" && inputs !== undefined);
    expect(first).toMatchObject({
      version: 1,
      key: ["AA 1", null, "AA 3"],
      inputs: { origin: ["ATL", "ATL", "ATL"], hour: [7, 7, 7], distance: [760, 760, 760] },
      outputs: { late: Array.from({ length: 6 }, () => expect.any(Number) as number) },
    });
  });
});

test("docs/how-to/run-in-production.md has every metric of an endpoint and the log, and no other", async () => {
  const { body } = await fetchJson<string>(`${server.url}/metrics`);
  const real = [...body.matchAll(/^# TYPE (slipway_\w+) /gm)].map(([, name = ""]) => name);
  const table = rowsOf(readPage("docs/how-to/run-in-production.md")).map(([cell = ""]) => cell);
  const documented = table.flatMap((cell) => [...cell.matchAll(/\bslipway_\w+/g)].map(([name]) => name));
  expect(documented.toSorted()).toEqual(real.toSorted());
});
