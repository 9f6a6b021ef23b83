import { Worker } from "node:worker_threads";
import type { GraphqlRequest } from "./answer.ts";
import type { FromThread, ToThread } from "./messages.ts";

/** Answers one question of a request, in JSON. Never rejects. */
type AnswerPath = (path: string, input: object) => Promise<Uint8Array>;

export interface GraphqlThread {
  /** The answer in JSON. */
  answer(request: GraphqlRequest, ask: AnswerPath): Promise<string>;
}

interface Live {
  readonly ask: AnswerPath;
  resolve(answer: string): void;
  reject(error: Error): void;
}

const script = new URL("./graphql-worker" + (import.meta.url.endsWith(".ts") ? ".ts" : ".js"), import.meta.url);

/**
 * GraphQL away from the event loop: to find each field of a page of runs takes longer than a prediction may wait. The thread
 * begins with the first request and keeps no process alive.
 */
export function createGraphqlThread(): GraphqlThread {
  let worker: Worker | null = null;
  let last = 0;
  const live = new Map<number, Live>();

  function open(): Worker {
    const opened = new Worker(script, { resourceLimits: { maxOldGenerationSizeMb: 256 } });
    opened.unref();
    opened.on("message", (message: FromThread) => void take(opened, message));
    const end = (error: Error) => {
      if (worker === opened) worker = null;
      for (const each of live.values()) each.reject(error);
      live.clear();
    };
    opened.on("error", end);
    opened.on("exit", () => end(new Error("The thread of GraphQL has ended.")));
    return opened;
  }

  async function take(from: Worker, message: FromThread): Promise<void> {
    const { id } = message;
    const found = live.get(id);
    if (found === undefined) return;
    if ("question" in message) {
      const bytes = await found.ask(message.path, message.input);
      return from.postMessage({ id, question: message.question, bytes } satisfies ToThread);
    }
    live.delete(id);
    if ("answer" in message) found.resolve(message.answer);
    else found.reject(new Error(message.failure));
  }

  return {
    answer(request, ask) {
      worker ??= open();
      const id = ++last;
      const answered = new Promise<string>((resolve, reject) => live.set(id, { ask, resolve, reject }));
      worker.postMessage({ id, request } satisfies ToThread);
      return answered;
    },
  };
}
