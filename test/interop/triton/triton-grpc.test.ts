import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { root } from "../../../tools/layer-list.ts";
import { compileProtos } from "../../../tools/proto.ts";
import { deploy } from "../../lib/deploy.ts";
import { patientServe } from "../../lib/faced-models.ts";
import { createGrpcClient, grpcStatus } from "../../lib/grpc-client.ts";
import { flights, smallModel } from "../../lib/models.ts";
import { needs } from "../../lib/needs.ts";
import { findPythonEnvironment } from "../../lib/python-environment.ts";
import { useServer } from "../../lib/server.ts";
import { listBlocks, readPage } from "../../docs/page.ts";
import { runChecks } from "../python-checks.ts";

const bin = await findPythonEnvironment(join(root, "test/interop/triton/requirements.txt"));
const what = "a Python 3.11 with the packages of test/interop/triton/requirements.txt";

const clients = {
  "triton/grpc_sync.py": [
    "health",
    "metadata",
    "config",
    "infer",
    "strings",
    "every_datatype",
    "typed_contents",
    "errors",
    "compression",
    "timeouts",
    "classification",
    "async_infer",
    "streaming",
    "statistics",
    "repository",
    "large_messages",
    "keepalive",
    "field_numbers",
  ],
  "triton/grpc_aio.py": ["health_and_metadata", "many_at_once", "stream", "cancel", "errors", "repository"],
} as const;

describe.skipIf(!needs(what, bin !== null, { inCi: "required" }))("tritonclient over gRPC, unmodified", () => {
  const server = useServer();
  const said = new Map<string, string | null>();
  const folder = mkdtempSync(join(tmpdir(), "slipway-proto-"));
  afterAll(() => rmSync(folder, { recursive: true }));

  beforeAll(async () => {
    for (const name of ["simple", "simple-string", "simple-identity", "vector", "identity", "slow"])
      await deploy(server.url, smallModel(name), {
        name: name.replaceAll("-", "_"),
        manifest: { serve: patientServe },
      });
    const descriptor = join(folder, "inference.binpb");
    writeFileSync(descriptor, new Map(compileProtos()).get("inference.proto")!);
    for (const script of Object.keys(clients))
      for (const [check, error] of await runChecks(bin!, script, [server.grpc, descriptor]))
        said.set(`${script} ${check}`, error);
  }, 240_000);

  const all = Object.entries(clients).flatMap(([script, checks]) => checks.map((check) => `${script} ${check}`));
  test.each(all)("%s", (check) => expect(said.get(check)).toBeNull());
  test("all checks of the scripts are in the list", () => expect([...said.keys()].toSorted()).toEqual(all.toSorted()));

  test("the example of the how-to page works as written", async () => {
    await deploy(server.url, flights.v2, { manifest: { serve: patientServe } });
    const example = listBlocks(readPage("docs/how-to/use-grpc.md")).find(({ file }) => file === "predict.py");
    const code = example!.code.replace("127.0.0.1:8081", server.grpc);
    expect(execFileSync(join(bin!, "python"), ["-c", code], { encoding: "utf8" })).toBe("(2, 2)\n");
  });

  test("grpc-js with stubs of Triton's own .proto files", async () => {
    const descriptors = execFileSync(join(bin!, "python"), [join(root, "test/interop/triton/descriptors.py")]);
    const client = createGrpcClient(server.grpc, { descriptors });
    const values = Int32Array.from({ length: 16 }, (_, i) => i);
    const inputs = ["INPUT0", "INPUT1"].map((name) => ({ name, datatype: "INT32", shape: [1, 16] }));
    const bytes = Buffer.from(values.buffer);
    const request = { model_name: "simple", inputs, raw_input_contents: [bytes, bytes] };
    const answer = await client.call("ModelInfer", request);
    expect(answer.body?.raw_output_contents[0], answer.message).toEqual(Buffer.from(values.map((n) => 2 * n).buffer));
    const { body } = await client.call("ModelConfig", { name: "simple" });
    expect(body.config).toMatchObject({ backend: "onnxruntime", input: [{ data_type: "TYPE_INT32" }, {}] });
    expect((await client.call("SystemSharedMemoryStatus")).code).toBe(grpcStatus.UNIMPLEMENTED);
    client.close();
  });
});
