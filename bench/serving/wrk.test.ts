import { expect, test } from "vitest";
import { parseWrk } from "./wrk.ts";

const head = `Running 2s test @ http://127.0.0.1:44701/v2/models/bench/infer
  1 threads and 32 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency   276.49ms  396.39ms   2.01s    86.11%
    Req/Sec   262.19    133.38   509.00     62.50%
  Latency Distribution
     50%  812.00us
     75%  323.39ms
     90%  873.68ms
     99%    1.77s 
  431 requests in 2.03s, 283.69KB read
`;
const tail = `Requests/sec:    212.72
Transfer/sec:    140.01KB
`;

test("wrk's answer as numbers, in whatever unit each stands", () => {
  const report = { perSecond: 212.72, requests: 431, p50Us: 812, p99Us: 1_770_000 };
  expect(parseWrk(head + tail)).toEqual({ ...report, failed: 0 });
  const broken = `${head}  Socket errors: connect 1, read 2, write 0, timeout 4\n  Non-2xx or 3xx responses: 10\n${tail}`;
  expect(parseWrk(broken)).toEqual({ ...report, failed: 17 });
});

test("what is not wrk's answer is refused", () => {
  expect(() => parseWrk(head)).toThrow("requests a second");
  expect(() => parseWrk("unable to connect")).toThrow("unable to connect");
});
