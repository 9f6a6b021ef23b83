import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { makeWheel, type WheelContent } from "./make-wheel.ts";

export interface PackageIndex {
  /** With the credentials that it asks for. */
  readonly url: string;
  readonly password: string;
  /** Paths that were asked for, in their order. */
  readonly asked: string[];
  /** Wheels are not answered until the returned function is called. */
  stall(): () => void;
  close(): Promise<void>;
}

/** A package index on this machine, as the simple API has it, for those who know its password. */
export async function startPackageIndex(packages: readonly WheelContent[]): Promise<PackageIndex> {
  const password = "pass-word-of-index";
  const wanted = `Basic ${Buffer.from(`reader:${password}`).toString("base64")}`;
  const wheels = packages.map((each) => ({ name: each.name, ...makeWheel(each) }));
  const asked: string[] = [];
  let open: Promise<void> = Promise.resolve();
  const server = createServer(async (request, response) => {
    const path = request.url ?? "";
    if (request.headers.authorization !== wanted) {
      response.writeHead(401, { "www-authenticate": "Basic" }).end();
      return;
    }
    asked.push(path);
    const wheel = wheels.find(({ file }) => path === `/files/${file}`);
    if (wheel) {
      await open;
      response.writeHead(200, { "content-length": wheel.data.length }).end(wheel.data);
      return;
    }
    const described = wheels.find(({ file }) => path === `/files/${file}.metadata`);
    if (described) {
      response.writeHead(200).end(described.metadata);
      return;
    }
    const name = /^\/simple\/([^/]+)\/$/.exec(path)?.[1];
    const found = wheels.filter((each) => each.name === name);
    if (found.length === 0) {
      response.writeHead(404).end();
      return;
    }
    const links = found.map(
      ({ file, sha256 }) => `<a href="/files/${file}#sha256=${sha256}" data-dist-info-metadata="true">${file}</a>`,
    );
    response.writeHead(200, { "content-type": "text/html" }).end(`<html><body>${links.join("\n")}</body></html>`);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://reader:${password}@127.0.0.1:${port}/simple`,
    password,
    asked,
    stall() {
      const gate = Promise.withResolvers<void>();
      open = gate.promise;
      return gate.resolve;
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
