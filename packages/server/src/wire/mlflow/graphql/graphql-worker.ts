import { parentPort } from "node:worker_threads";
import { answerGraphql, type Ask } from "./answer.ts";
import type { FromThread, ToThread } from "./messages.ts";

const waiting = new Map<string, (bytes: Uint8Array) => void>();
const decoder = new TextDecoder();
const send = (message: FromThread) => parentPort!.postMessage(message);

parentPort!.on("message", (message: ToThread) => {
  if ("request" in message) void run(message.id, message.request);
  else {
    const key = `${message.id} ${message.question}`;
    waiting.get(key)?.(message.bytes);
    waiting.delete(key);
  }
});

async function run(id: number, request: Parameters<typeof answerGraphql>[0]): Promise<void> {
  let questions = 0;
  const ask: Ask = async (path, input) => {
    const question = questions++;
    const bytes = await new Promise<Uint8Array>((resolve) => {
      waiting.set(`${id} ${question}`, resolve);
      send({ id, question, path, input });
    });
    return JSON.parse(decoder.decode(bytes)) as Record<string, unknown>;
  };
  try {
    send({ id, answer: await answerGraphql(request, ask) });
  } catch (error) {
    send({ id, failure: String((error as Error).stack) });
  }
}
