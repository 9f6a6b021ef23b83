import { beforeAll, describe, expect, test } from "vitest";
import { runCli } from "../lib/cli.ts";
import { deploy } from "../lib/deploy.ts";
import { fetchJson } from "../lib/fetch-json.ts";
import { flight, flights } from "../lib/models.ts";
import { useServer } from "../lib/server.ts";

const server = useServer({ args: ["--base-path", "/ml"] });
const { origin_late_3h: _, ...record } = flight;
const html = { headers: { accept: "text/html" } };

beforeAll(async () => {
  await deploy(server.url, flights.v1);
}, 60_000);

// A proxy either cuts the prefix off or passes it on.
describe.each(["", "/ml"])("behind a proxy that sends %j before a path", (prefix) => {
  const at = (path: string) => `${server.url}${prefix}${path}`;

  test("every face answers", async () => {
    const predicted = await fetchJson(at("/endpoints/flight-delay/predict"), { json: record });
    expect(predicted).toMatchObject({ status: 200, body: { endpoint: "flight-delay", version: 1 } });
    const scored = await fetchJson(at("/invocations"), { json: { dataframe_records: [record] } });
    expect(scored).toMatchObject({ status: 200, body: { predictions: { late: [expect.any(Array)] } } });
    const v1 = await fetchJson(at("/v1/models/flight-delay:predict"), { json: { instances: [record] } });
    expect(v1).toMatchObject({ status: 200, body: { predictions: [expect.any(Array)] } });
    for (const path of ["/health", "/health/ready", "/api/v1/models?limit=5", "/v2/models/flight-delay", "/metrics"])
      expect((await fetchJson(at(path))).status, path).toBe(200);
    expect((await fetchJson(at("/nothing"))).status).toBe(404);
  });

  test("the documents name the prefix", async () => {
    expect((await fetchJson(at("/openapi.json"))).body.servers).toEqual([{ url: "/ml" }]);
    const one = await fetchJson(at("/endpoints/flight-delay/openapi.json"));
    expect(one.body.servers).toEqual([{ url: "/ml/endpoints/flight-delay" }]);
    expect(one.body.paths["/v1/models/flight-delay:predict"].servers).toEqual([{ url: "/ml" }]);
  });

  test("a browser is sent to the reference below the prefix, whose links work", async () => {
    const first = await fetchJson(at("/"), html);
    expect([first.status, first.headers.get("location")]).toEqual([302, "/ml/docs"]);
    const page = await fetchJson<string>(at("/docs"), html);
    const script = /<script src="([^"]+)">/.exec(page.body)?.[1];
    expect(script).toBe("/ml/docs/scalar.js");
    const sources = [...page.body.matchAll(/<a href="([^"]+)">/g)].map((match) => match[1]);
    expect(sources).toEqual(["/ml/openapi.json", "/ml/endpoints/flight-delay/openapi.json"]);
    for (const source of sources) expect((await fetchJson(`${server.url}${source}`)).body.openapi).toBe("3.1.0");
  });
});

test("the prefix alone is the root", async () => {
  const bare = await fetchJson(`${server.url}/ml`, html);
  expect([bare.status, bare.headers.get("location")]).toEqual([302, "/ml/docs"]);
  expect((await fetchJson(`${server.url}/ml?x=1`)).body).toEqual({ status: "alive" });
});

test("a path that only begins like the prefix is another path", async () => {
  expect((await fetchJson(`${server.url}/mlx/health`)).status).toBe(404);
});

test("the command line takes an address with the prefix", async () => {
  const result = await runCli(["predict", "flight-delay", "--data", JSON.stringify(record), "-o", "json"], {
    url: `${server.url}/ml`,
  });
  expect(result, result.stderr).toMatchObject({ code: 0 });
});

test("a load test goes through a prefix, too", async () => {
  const args = ["loadtest", "flight-delay", "--rate", "20", "--duration", "300ms", "--warmup", "0s", "--json"];
  const { stdout, stderr } = await runCli([...args, "--quiet"], { url: `${server.url}/ml` });
  const { result } = JSON.parse(stdout || "null") as {
    result: { statuses: object; requests: number; server: { runs: number } };
  };
  expect(result.statuses, stderr).toEqual({ 200: result.requests });
  expect(result.server.runs).toBeGreaterThan(0);
});
