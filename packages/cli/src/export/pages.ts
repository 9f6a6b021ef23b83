import type { ModelVersion } from "@slipway/contract";
import { slipwayVersion } from "@slipway/contract/version";
import { sampleRecord, toCurl } from "../deploy/example.ts";

/** The README.md of an exported folder. */
export function toReadme(version: ModelVersion, digest: string): string {
  const { model, signature } = version;
  const rows = (specs: readonly { name: string; datatype: string; shape: readonly number[] }[]) =>
    specs.map(({ name, datatype, shape }) => `| ${cell(name)} | ${datatype} | [${shape.join(", ")}] |`).join("\n");
  const curl = toCurl(`http://127.0.0.1:8080/endpoints/${model}/predict`, sampleRecord(signature), false);
  return `# ${model}

Version ${version.version} of the model \`${model}\`, written by \`slipway export\`. Made at ${version.created_at}${
    version.author === null ? "" : ` by ${cell(version.author)}`
  }.

| input | datatype | shape |
|---|---|---|
${rows(signature.inputs)}

| output | datatype | shape |
|---|---|---|
${rows(signature.outputs)}

A shape's -1 is any size. \`signature.json\` has the same for programs, with ranges and class names.
${trainingSection(version)}
## Serve it with Slipway
    slipway up
    slipway deploy .
    ${curl}

The deployment makes a version with the digest
\`${digest}\`; \`slipway deploy . --expect ${digest.slice(0, 8)}…\` (all 64 digits) insists on it.
\`slipway check .\` looks at the folder without a server.

In a container, see \`Dockerfile\`.

## Serve it with something else
The model is ${version.flavor === "onnx" ? "an ONNX file" : `of the flavor ${version.flavor}`}, \`${cell(entryOf(version))}\`, with the bytes that were deployed.
Everything else in this folder is text.
`;
}

/** The facts of `model.training`, where there are some. */
function trainingSection({ manifest }: ModelVersion): string {
  const { training } = (manifest ?? {}) as { training?: Readonly<Record<string, string>> };
  if (training === undefined) return "";
  const facts = Object.entries(training).map(([name, value]) => `- ${name}: ${cell(value)}`);
  return `\n## Training\n${facts.join("\n")}\n`;
}

function entryOf({ manifest, files }: ModelVersion): string {
  const path = (manifest as { path?: unknown } | null)?.path;
  return typeof path === "string" ? path : (files[0]?.path ?? "");
}

/** Safe in a table of Markdown. */
function cell(text: string): string {
  return text.replaceAll(/[\r\n]+/g, " ").replaceAll("|", "\\|");
}

/** The image serves the folder that it lies in. Nothing here names a registry: both sources of images and packages are the reader's. */
export function toDockerfile(model: string): string {
  return `# Serves this folder with Slipway. No test of Slipway builds this image: try it before you rely on it.
#   cp PLACE/slipway-${slipwayVersion}.tgz .            (what \`npm run pack\` makes in a checkout of Slipway)
#   docker build -t ${model} .
#   docker run -p 8080:8080 -e SLIPWAY_TOKEN=... -v ${model}-data:/data --stop-timeout 60 ${model}
FROM node:26-slim
WORKDIR /app
COPY slipway-${slipwayVersion}.tgz /tmp/
RUN npm install --omit=optional --onnxruntime-node-install=skip /tmp/slipway-${slipwayVersion}.tgz && rm /tmp/*.tgz \\
  && mkdir /data && chown node:node /data
COPY . /model
USER node
ENV SLIPWAY_DATA=/data NODE_ENV=production PATH=/app/node_modules/.bin:$PATH
VOLUME /data
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=3s CMD node -e "fetch('http://127.0.0.1:8080/health/ready').then(r=>process.exit(r.ok?0:1),()=>process.exit(1))"
# The server answers others than this container only with a token: SLIPWAY_TOKEN is the first one.
ENTRYPOINT ["sh", "/model/entrypoint.sh"]
`;
}

/** Starts a server, deploys the folder, and ends as the server ends. */
export const entrypoint = `#!/bin/sh
# Starts a server and deploys the folder of this file to it. Deploying what is deployed already changes nothing.
set -eu
folder=$(cd "$(dirname "$0")" && pwd)
port=\${PORT:-8080}
export SLIPWAY_URL="\${SLIPWAY_URL:-http://127.0.0.1:$port}"
slipway up --host "\${HOST:-0.0.0.0}" --port "$port" &
server=$!
trap 'kill -TERM $server' TERM INT
until slipway status --quiet >/dev/null 2>&1; do
  kill -0 $server 2>/dev/null || { wait $server; exit 1; }
  sleep 0.2
done
slipway deploy "$folder" --quiet || { kill -TERM $server; wait $server || true; exit 1; }
# A signal ends the first wait; the second one waits for the orderly end.
wait $server || wait $server
`;
