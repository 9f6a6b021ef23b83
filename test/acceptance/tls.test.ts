import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { get } from "node:https";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { root } from "../../tools/layer-list.ts";
import { runCli } from "../lib/cli.ts";
import { cleanEnv } from "../lib/entry.ts";
import { flight, flights } from "../lib/models.ts";
import { startServer, useServer } from "../lib/server.ts";

const certs = join(root, "test/lib/certs");
const [certificate, key] = [join(certs, "localhost.crt"), join(certs, "localhost.key")];
const trusting = { NODE_EXTRA_CA_CERTS: certificate };

describe("a server with a certificate", () => {
  const server = useServer({ args: ["--tls-cert", certificate, "--tls-key", key] });

  test("speaks https and nothing else", async () => {
    expect(server.url).toMatch(/^https:\/\/127\.0\.0\.1:[0-9]+$/);
    const answer = await new Promise<{ status: number | undefined; protocol: string | null }>((resolve, reject) => {
      get(`${server.url}/health`, { ca: readFileSync(certificate) }, (response) => {
        response.resume();
        const { socket } = response as unknown as { socket: { getProtocol(): string | null } };
        resolve({ status: response.statusCode, protocol: socket.getProtocol() });
      }).once("error", reject);
    });
    expect(answer).toEqual({ status: 200, protocol: "TLSv1.3" });
    await expect(fetch(`http://127.0.0.1:${server.port}/health`)).rejects.toThrow();
  });

  test("is reached by the command line that trusts the certificate, and by no other", async () => {
    const deployed = await runCli(["deploy", flights.v1], { url: server.url, env: trusting });
    expect(deployed, deployed.stderr).toMatchObject({ code: 0 });
    const record = JSON.stringify({ ...flight, origin_late_3h: undefined });
    const ours = await runCli(["predict", "flight-delay", "--data", record, "-o", "json"], {
      url: server.url,
      env: trusting,
    });
    expect(ours, ours.stderr).toMatchObject({ code: 0 });
    expect(JSON.parse(ours.stdout)).toMatchObject({ version: 1, prediction: { late: {} } });
    const foreign = await runCli(["status"], { url: server.url });
    expect(foreign.code).not.toBe(0);
    expect(foreign.stderr).toMatch(/SELF_SIGNED_CERT/);
  });

  test("takes a load test", async () => {
    const args = ["loadtest", "flight-delay", "--rate", "20", "--duration", "300ms", "--warmup", "0s", "--json"];
    const { stdout, stderr } = await runCli([...args, "--quiet"], { url: server.url, env: trusting });
    const { result } = JSON.parse(stdout || "null") as { result: { statuses: object; requests: number } };
    expect(result.statuses, stderr).toEqual({ 200: result.requests });
  });

  test("is reached by the SDK", async () => {
    const script = `
      import { createClient } from "@slipway/sdk";
      const answer = await createClient({ url: ${JSON.stringify(server.url)} }).server.status();
      console.log(answer.url);`;
    const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "--eval", script], {
      cwd: root,
      env: cleanEnv(trusting),
    });
    expect(stdout.trim()).toBe(server.url);
  });
});

describe("a certificate that cannot be used stops the start and is named", () => {
  test.each([
    ["a key that is missing", ["--tls-cert", certificate], /tls_cert and tls_key go together/],
    ["a file that is not there", ["--tls-cert", "/nowhere/a.crt", "--tls-key", key], /\/nowhere\/a\.crt/],
    ["a file that is no certificate", ["--tls-cert", key, "--tls-key", key], /certificate|PEM/i],
  ])("%s", async (_, args, message) => {
    await expect(startServer({ args })).rejects.toThrow(message);
  });
});
