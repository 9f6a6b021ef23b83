import { expect, test } from "vitest";
import { SlipwayError } from "@slipway/contract/errors";
import { createClient } from "./client.ts";

const rollout = (phase: string, events: number) => ({ id: "r", phase, events, active: phase !== "succeeded" });
const event = (seq: number) => ({ seq, kind: "step" });

/** A server that gives these answers in turn; an Error breaks the connection. */
function serverOf(answers: readonly (object | Error)[]) {
  const asked: string[] = [];
  const fetch = async (input: string | URL | Request): Promise<Response> => {
    const answer = answers[asked.length];
    asked.push(String(input).replace("http://s.test/api/v1/rollouts", ""));
    if (answer === undefined) throw new Error("nothing more is expected");
    if (answer instanceof Error) throw answer;
    return Response.json(answer);
  };
  return { asked, rollouts: createClient({ url: "http://s.test", fetch }).rollouts };
}

const page = (...seqs: number[]) => ({ items: seqs.map(event), next: null, intact: true });
const lost = Object.assign(new TypeError("fetch failed"), { cause: { code: "ECONNREFUSED" } });

async function watchAll({ rollouts }: ReturnType<typeof serverOf>) {
  const seen: unknown[] = [];
  for await (const { rollout: found, events } of rollouts.watch("r", { everyMs: 1 }))
    seen.push([found.phase, events.map(({ seq }) => seq)]);
  return seen;
}

test("watching tells each event once, nothing where nothing has changed, and ends with the rollout", async () => {
  const server = serverOf([
    rollout("gating", 2),
    page(1, 2),
    rollout("gating", 2),
    rollout("stepping", 3),
    page(3),
    rollout("succeeded", 5),
    page(4, 5),
  ]);
  expect(await watchAll(server)).toEqual([
    ["gating", [1, 2]],
    ["stepping", [3]],
    ["succeeded", [4, 5]],
  ]);
  expect(server.asked).toHaveLength(7);
  expect(server.asked.filter((path) => path.includes("after"))).toEqual(
    [0, 2, 3].map((seq) => expect.stringContaining(`after=${seq}`)),
  );
});

test("watching goes on where the server is started anew in between", async () => {
  // A read is repeated twice by itself.
  const down = [lost, lost, lost];
  const server = serverOf([rollout("stepping", 1), page(1), ...down, ...down, rollout("succeeded", 2), page(2)]);
  expect(await watchAll(server)).toEqual([
    ["stepping", [1]],
    ["succeeded", [2]],
  ]);
});

test("a server that never answered is not waited for", async () => {
  await expect(watchAll(serverOf([lost, lost, lost]))).rejects.toMatchObject({ name: "ConnectionError" });
});

test("an endpoint without a rollout says how to begin one", async () => {
  const { rollouts } = serverOf([{ items: [], next: null }, { name: "fraud" }]);
  await expect(rollouts.latest("fraud")).rejects.toMatchObject({
    code: "not_found",
    message: expect.stringContaining("slipway rollout start fraud@VERSION"),
  });
  const gone = serverOf([
    { items: [], next: null },
    new SlipwayError("endpoint_not_found", "There is no endpoint nope."),
  ]);
  await expect(gone.rollouts.latest("nope")).rejects.toMatchObject({ code: "endpoint_not_found" });
});
