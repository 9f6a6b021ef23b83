import { enableCompileCache, flushCompileCache } from "node:module";
import { endWithParent } from "./end-with-parent.ts";
import { toSentError, type FromService, type ToService } from "./service-messages.ts";

/** The child of a Service: loads the module that it is told, and answers calls with the methods that it gives, many at a time. */

type Methods = Readonly<Record<string, (params: never) => unknown>>;

const send = (message: FromService) => void (process.connected && process.send?.(message, undefined, {}, () => {}));

async function start(module: string, input: unknown): Promise<Methods> {
  const { run } = (await import(module)) as { run: (input: unknown) => Promise<Methods> };
  return run(input);
}

async function answer(methods: Methods, { call, method, params }: Extract<ToService, { kind: "call" }>): Promise<void> {
  try {
    const known = methods[method];
    if (!known) throw new Error(`There is no method ${method}.`);
    send({ kind: "answer", call, result: await known(params as never) });
  } catch (error) {
    send({ kind: "refusal", call, error: toSentError(error) });
  }
}

if (process.send !== undefined) {
  enableCompileCache();
  endWithParent();
  // At once, whatever is under way: nobody is there any more for whom it could be ended in order.
  process.prependOnceListener("disconnect", () => process.kill(process.pid, "SIGKILL"));
  // A signal to the whole group is for the parent, which then says what is to be done.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => {});
  let methods: Promise<Methods> | null = null;
  process.on("message", (message: ToService) => {
    if (message.kind === "call") return void methods?.then((known) => answer(known, message));
    methods = start(message.module, message.input);
    methods.then(
      () => {
        send({ kind: "ready" });
        flushCompileCache();
      },
      (error: unknown) => send({ kind: "failed", error: toSentError(error) }),
    );
  });
}
