import { createServer } from "node:http";

// A server of the Open Inference Protocol, `double`: y = 2x. What it does wrong depends on the first value.
// PORT, HOST: where it listens. BINARY: it takes tensors as bytes. NONSENSE: what it says of its model.
const { PORT = "0", HOST = "127.0.0.1", BINARY, NONSENSE, HEALTH } = process.env;
const json = (value: unknown) => ({ type: "application/json", body: Buffer.from(JSON.stringify(value)), header: null });
const metadata = {
  name: "double",
  platform: "node_test",
  inputs: [{ name: "x", datatype: "FP64", shape: [-1, 2] }],
  outputs: [{ name: "y", datatype: "FP64", shape: [-1, 2] }],
};
let questions = 0;

function infer(body: Buffer, headerLength: number | null) {
  questions++;
  const text = headerLength === null ? body : body.subarray(0, headerLength);
  const { inputs } = JSON.parse(text.toString()) as { inputs: { shape: number[]; data: number[] }[] };
  const { shape, data } = inputs[0]!;
  const given =
    headerLength === null ? data : Array.from(new Float64Array(Uint8Array.from(body.subarray(headerLength)).buffer));
  const values = given.map((value) => (value === null ? NaN : value * 2));
  if (given[0] === 666) process.kill(process.pid, "SIGSEGV");
  if (given[0] === 400) return null;
  if (given[0] === 1) return json({ outputs: [{ name: "z", datatype: "FP64", shape, data: values }] });
  if (given[0] === 2) return { ...json(null), body: Buffer.from("<html>") };
  if (given[0] === 3) return json({ outputs: [{ name: "y", datatype: "FP64", shape: [7], data: values }] });
  if (headerLength === null) {
    const list = values.map((value) => (Number.isNaN(value) ? "NaN" : String(value))).join(",");
    const answer = `{"outputs":[{"name":"y","datatype":"FP64","shape":[${shape.join(",")}],"data":[${list}]}]}`;
    return { type: "application/json", body: Buffer.from(answer), header: null };
  }
  const bytes = Buffer.from(new Float64Array(values).buffer);
  const head = Buffer.from(
    JSON.stringify({
      outputs: [{ name: "y", datatype: "FP64", shape, parameters: { binary_data_size: bytes.length } }],
    }),
  );
  return { type: "application/octet-stream", body: Buffer.concat([head, bytes]), header: head.length };
}

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => {
    const { url = "", headers } = request;
    const header = headers["inference-header-content-length"];
    if (url.endsWith("/infer")) {
      const answer = infer(Buffer.concat(chunks), header === undefined ? null : Number(header));
      if (answer === null) return void response.writeHead(400).end('{"error":"400 is not for me"}');
      const length = answer.header === null ? {} : { "inference-header-content-length": String(answer.header) };
      return void response.writeHead(200, { "content-type": answer.type, ...length }).end(answer.body);
    }
    if (url === "/v2/health/ready") return void response.writeHead(Number(HEALTH ?? 200)).end();
    if (url === "/v2/models/double") return void response.end(NONSENSE ?? JSON.stringify(metadata));
    if (url === "/v2") {
      const extensions = BINARY === undefined ? [] : ["binary_tensor_data"];
      return void response.end(JSON.stringify({ name: "test", version: "1", extensions, questions, headers }));
    }
    response.writeHead(404).end();
  });
});
server.listen(Number(PORT), HOST, () => console.log(`listening on ${(server.address() as { port: number }).port}`));
