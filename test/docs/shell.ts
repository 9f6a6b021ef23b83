import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { root } from "../../tools/layer-list.ts";
import { ended, track } from "../lib/children.ts";
import { cleanEnv, findEntry } from "../lib/entry.ts";
import { patientFlights } from "../lib/models.ts";
import { needs } from "../lib/needs.ts";
import { sharedEnvironments } from "../lib/python-environment.ts";
import type { Block } from "./page.ts";

/** What the pages need beside Node; a machine without them cannot follow a page either. */
export const canRun = needs(
  "bash and curl",
  ["bash", "curl"].every((command) => spawnSync(command, ["--version"], { stdio: "ignore" }).status === 0),
  { inCi: "required" },
);

/** The addresses that pages use, of the server and of a collector of traces; each page is run on ports of its own. */
const written = "http://127.0.0.1:8080";
const writtenGrpc = "127.0.0.1:8081";
const collectorPort = "4318";
const addresses = new RegExp(
  [written, writtenGrpc, collectorPort].map((text) => text.replaceAll(".", "\\.")).join("|"),
  "g",
);

export interface Shell {
  readonly folder: string;
  /** Saves a block that names its file. */
  save(block: Block): void;
  /**
   * Runs a block as a reader would who pastes it, in the folder of the page; exports stay. `slipway up` goes on running in
   * the background, and the addresses of later blocks mean it.
   * @returns what came out on stdout, with the address as the page writes it
   * @throws Error where a command fails
   */
  run(block: Block): Promise<string>;
  end(): Promise<void>;
}

/** A folder as a reader has it who cloned the repository: examples, node_modules, and npx that finds Slipway. */
function makeFolder(home: string): { readonly folder: string; readonly bin: string } {
  const folder = join(home, "slipway");
  mkdirSync(join(folder, "node_modules"), { recursive: true });
  for (const name of ["@slipway", "@types"])
    symlinkSync(join(root, "node_modules", name), join(folder, "node_modules", name));
  cpSync(dirname(patientFlights().v1), join(folder, "examples/flight-delays"), { recursive: true });
  writeFileSync(join(folder, "package.json"), '{"type": "module"}');
  const bin = join(home, "bin");
  mkdirSync(bin);
  const entry = findEntry();
  writeFileSync(join(bin, "slipway"), `#!/bin/sh\nexec '${process.execPath}' '${entry}' "$@"\n`);
  writeFileSync(join(bin, "node"), `#!/bin/sh\nexec '${process.execPath}' "$@"\n`);
  // npx itself takes half a second, and finds the same.
  writeFileSync(join(bin, "npx"), '#!/bin/sh\nexec "$@"\n');
  for (const name of ["slipway", "node", "npx"]) chmodSync(join(bin, name), 0o755);
  return { folder, bin };
}

/** A shell in a folder of its own, which goes with `end`. */
export function openShell(): Shell {
  const home = mkdtempSync(join(tmpdir(), "slipway-docs-"));
  const { folder, bin } = makeFolder(home);
  let url = written;
  let grpc = writtenGrpc;
  let server: ChildProcess | null = null;
  const behind: ChildProcess[] = [];
  const ownPort = String(20_000 + (process.pid % 20_000));
  // In one pass: the port that one address was given may have the digits of another that is still to be found.
  const toOwn = (text: string) =>
    text.replaceAll(addresses, (found) => (found === written ? url : found === writtenGrpc ? grpc : ownPort));
  const environment = () =>
    cleanEnv({
      PATH: `${bin}:${process.env["PATH"]}`,
      HOME: home,
      SLIPWAY_URL: url,
      // Environments of Python models are made once for all tests.
      SLIPWAY_ENVS: sharedEnvironments(),
    });
  const exported = join(home, "exported");
  writeFileSync(exported, "");
  const script = (code: string) =>
    `set -euo pipefail\n. '${exported}'\n${toOwn(code)}\ndeclare -px SLIPWAY_TOKEN > '${exported}' 2>/dev/null || true\n`;

  async function up(block: Block): Promise<void> {
    // The one before was ended by the page.
    if (server) await ended(server);
    const child = spawn("bash", ["-c", script(`exec ${block.code.trim().replace("npx ", "")} --port 0`)], {
      cwd: folder,
      env: environment(),
      stdio: ["ignore", "pipe", "pipe"],
    });
    server = track(child);
    let said = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => (said += text));
    url = await new Promise<string>((resolve, reject) => {
      let out = "";
      child.stdout.setEncoding("utf8").on("data", (text: string) => {
        out += text;
        const ready = /^Slipway is ready at (\S+)$/m.exec(out)?.[1];
        if (ready === undefined) return;
        grpc = /^gRPC is ready at (\S+)$/m.exec(out)?.[1] ?? writtenGrpc;
        resolve(ready.replace("0.0.0.0", "127.0.0.1"));
      });
      child.once("close", () => reject(new Error(`The server of line ${block.line} ended: ${said}`)));
    });
  }

  async function paste(block: Block): Promise<string> {
    const child = track(
      spawn("bash", ["-c", script(block.code)], { cwd: folder, env: environment(), stdio: ["ignore", "pipe", "pipe"] }),
    );
    let [out, errors] = ["", ""];
    child.stdout.setEncoding("utf8").on("data", (text: string) => (out += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (errors += text));
    const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
    if (code !== 0) throw new Error(`Line ${block.line} ended with ${code}:\n${block.code}\n${out}\n${errors}`);
    return out.replaceAll(url, written);
  }

  /** `command &`: goes on until the end of the page. */
  function leaveBehind(block: Block): void {
    const code = script(`exec ${block.code.trim().replace("npx ", "").replace(/ &$/, "")}`);
    behind.push(track(spawn("bash", ["-c", code], { cwd: folder, env: environment(), stdio: "ignore" })));
  }

  return {
    folder,
    save({ file, code }) {
      const path = join(folder, file!);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, toOwn(code));
    },
    async run(block) {
      if (block.code.trim().endsWith(" &")) leaveBehind(block);
      else if (/\bslipway up\b/.test(block.code)) await up(block);
      else return paste(block);
      return "";
    },
    async end() {
      for (const child of server ? [...behind, server] : behind) {
        child.kill("SIGKILL");
        await ended(child);
      }
      rmSync(home, { recursive: true, force: true });
    },
  };
}
