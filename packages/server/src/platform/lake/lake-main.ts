import { SlipwayError } from "@slipway/contract/errors";
import { enableCompileCache } from "node:module";
import { endWithParent } from "../process/end-with-parent.ts";
import { DuckDbError, type LakeDb, openLakeDb } from "./lake-db.ts";
import type { FromChild, ToChild } from "./lake-messages.ts";

/** The child: runs one task after the other, each with a database of its own. */

/** What a task's `run(input, context)` gets beside its input. */
export interface LakeContext {
  readonly db: LakeDb;
  readonly onProgress: (progress: unknown) => void;
  /** Asks the parent (`onAsk`); it is null where nobody answers there. */
  readonly ask: (question: unknown) => Promise<unknown>;
}

const answers = new Map<number, (answer: unknown) => void>();
let calls = 0;

function send(message: FromChild): void {
  process.send?.(message);
}

function ask(question: unknown): Promise<unknown> {
  return new Promise((resolve) => {
    const call = ++calls;
    answers.set(call, resolve);
    send({ kind: "ask", call, question });
  });
}

async function work({ module, input, limits }: Extract<ToChild, { kind: "task" }>): Promise<FromChild> {
  let db: LakeDb | null = null;
  try {
    const { run } = (await import(module)) as { run: (input: unknown, context: LakeContext) => unknown };
    db = await openLakeDb(limits);
    const onProgress = (progress: unknown) => send({ kind: "progress", progress });
    return { kind: "result", result: await run(input, { db, onProgress, ask }) };
  } catch (error) {
    const known = SlipwayError.is(error);
    return {
      kind: "error",
      message: error instanceof Error ? error.message : String(error),
      sql: error instanceof DuckDbError,
      code: known ? error.code : null,
      details: known ? error.details : {},
    };
  } finally {
    db?.close();
  }
}

if (process.send !== undefined) {
  enableCompileCache();
  endWithParent();
  process.on("message", async (message: ToChild) => {
    if (message.kind === "answer") {
      answers.get(message.call)?.(message.answer);
      answers.delete(message.call);
    } else send(await work(message));
  });
}
