import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { benchModels } from "./models.ts";

// Writes the models of the benchmarks as ONNX files, for us and for every peer.
//   node bench/models/make-models.ts FOLDER [mlp] [convolution] [large]
const [folder, ...wanted] = process.argv.slice(2);
if (folder === undefined) throw new Error("Name the folder to write to: node bench/models/make-models.ts FOLDER");
mkdirSync(folder, { recursive: true });
for (const [name, make] of Object.entries(benchModels)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  const path = join(folder, `${name}.onnx`);
  writeFileSync(path, make());
  process.stdout.write(`${path}\n`);
}
