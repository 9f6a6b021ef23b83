import { spawn } from "node:child_process";
import { pinTo } from "./pin.ts";

export interface Peer {
  /** `http://HOST:PORT` */
  readonly url: string;
  readonly pid: number;
  stop(): void;
}

/** Starts `node FILE ARGS` on core 0 and waits until it prints `... is ready at URL`. */
export function startPeer(file: string, args: readonly string[] = []): Promise<Peer> {
  const [command = "", ...words] = [...pinTo(0), process.execPath, file, ...args];
  const child = spawn(command, words, { stdio: ["ignore", "pipe", "inherit"] });
  const stop = () => void child.kill("SIGKILL");
  process.once("exit", stop);
  let out = "";
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => reject(new Error(`${file} ended with ${code} before it was ready.`)));
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      out += text;
      const url = / is ready at (http:\/\/\S+)\s/.exec(out)?.[1];
      if (url !== undefined) resolve({ url, pid: child.pid ?? 0, stop });
    });
  });
}
