import { webcrypto } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { Worker } from "node:worker_threads";
import type { DigestAnswer, DigestRequest } from "./digest-worker.ts";

/** Up to here reading the file whole and hashing it on the thread pool is quicker than starting a thread. */
const smallBytes = 8 * 1024 * 1024;

const script = new URL("./digest-worker" + (import.meta.url.endsWith(".ts") ? ".ts" : ".js"), import.meta.url);

interface Waiting {
  resolve(sha256: string): void;
  reject(error: unknown): void;
}

/** The digest of a file that is being written, from its beginning. */
export interface GrowingDigest {
  /** The file has so many bytes now, which are read in time. */
  grown(to: number): void;
  /** The SHA-256 of what it had last. */
  end(): Promise<string>;
  forget(): void;
}

/** SHA-256 of files, never on the event loop. The thread lives only while there is something to hash. */
export class FileDigests {
  #worker: Worker | null = null;
  readonly #waiting = new Map<number, Waiting>();
  #nextId = 1;

  /** The SHA-256 of the file as 64 lower-case hexadecimal digits. */
  async digest(path: string): Promise<string> {
    const { size } = await stat(path);
    if (size > smallBytes) return this.#inThread(path);
    return digestBytes(await readFile(path));
  }

  /** Hashes a file while it grows. Whoever asks calls `end` or `forget`. */
  follow(path: string): GrowingDigest {
    const { id, worker, answer } = this.#ask();
    answer.catch(() => {});
    const send = (request: DigestRequest) => worker.postMessage(request);
    return {
      grown: (to) => send({ id, path, to }),
      end() {
        send({ id, end: true });
        return answer;
      },
      forget: () => {
        send({ id, forget: true });
        this.#settle(id);
      },
    };
  }

  #inThread(path: string): Promise<string> {
    const { id, worker, answer } = this.#ask();
    worker.postMessage({ id, path } satisfies DigestRequest);
    return answer;
  }

  #ask(): { readonly id: number; readonly worker: Worker; readonly answer: Promise<string> } {
    this.#worker ??= this.#start();
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    const id = this.#nextId++;
    this.#waiting.set(id, { resolve, reject });
    return { id, worker: this.#worker, answer: promise };
  }

  #settle(id: number): Waiting | undefined {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (this.#waiting.size === 0 && this.#worker !== null) this.#end(this.#worker);
    return waiting;
  }

  #start(): Worker {
    const worker = new Worker(script, { name: "digest", execArgv: [] });
    worker.on("message", (answer: DigestAnswer) => {
      const waiting = this.#settle(answer.id);
      if ("sha256" in answer) waiting?.resolve(answer.sha256);
      else waiting?.reject(new Error(`The file could not be hashed: ${answer.error}`));
    });
    worker.on("error", (error) => {
      const waiting = [...this.#waiting.values()];
      this.#waiting.clear();
      this.#end(worker);
      for (const each of waiting) each.reject(error);
    });
    return worker;
  }

  #end(worker: Worker): void {
    if (this.#worker === worker) this.#worker = null;
    void worker.terminate();
  }
}

/** On the thread pool. */
export async function digestBytes(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return Buffer.from(await webcrypto.subtle.digest("SHA-256", bytes)).toString("hex");
}
