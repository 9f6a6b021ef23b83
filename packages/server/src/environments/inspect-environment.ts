import { join } from "node:path";
import { packagesOf, pythonOf } from "./layout.ts";
import { listLocked, type Lock } from "./lock.ts";
import { runTool } from "./run-tool.ts";

/** Compares installed files with the digests that their packages brought along, and adds up what is there. Given: the folder, where packages are in it. */
const script = `
import base64, csv, hashlib, json, os, sys
root, site = sys.argv[1], sys.argv[2]
problems, packages, files = [], {}, 0
for entry in sorted(os.listdir(site)):
    if not entry.endswith(".dist-info"):
        continue
    folder = os.path.join(site, entry)
    name = version = None
    try:
        with open(os.path.join(folder, "METADATA"), encoding="utf-8", errors="replace") as file:
            for line in file:
                if line.strip() == "":
                    break
                if line.startswith("Name:"):
                    name = line[5:].strip()
                if line.startswith("Version:"):
                    version = line[8:].strip()
        with open(os.path.join(folder, "RECORD"), encoding="utf-8", newline="") as file:
            rows = list(csv.reader(file))
    except OSError as error:
        problems.append("%s: %s is missing." % (entry, os.path.basename(error.filename)))
        continue
    packages[name] = version
    for row in rows:
        # Some wheels bring bytecode along, which is made anew here.
        if len(row) < 2 or "=" not in row[1] or row[0].endswith(".pyc"):
            continue
        algorithm, _, expected = row[1].partition("=")
        files += 1
        try:
            digest = hashlib.new(algorithm)
            with open(os.path.join(site, row[0]), "rb") as file:
                for chunk in iter(lambda: file.read(1 << 20), b""):
                    digest.update(chunk)
        except OSError:
            problems.append("%s is missing (%s %s)." % (row[0], name, version))
            continue
        if base64.urlsafe_b64encode(digest.digest()).rstrip(b"=").decode() != expected:
            problems.append("%s is not what %s %s brought along." % (row[0], name, version))
size = 0
for folder, _, names in os.walk(root):
    for name in names:
        try:
            size += os.lstat(os.path.join(folder, name)).st_size
        except OSError:
            pass
json.dump({"files": files, "problems": problems, "packages": packages, "size": size,
           "python": "%d.%d.%d" % sys.version_info[:3]}, sys.stdout)
`;

export interface Inspected {
  readonly files: number;
  readonly problems: readonly string[];
  readonly sizeBytes: number;
  /** Version of the interpreter; null where it does not run. */
  readonly python: string | null;
}

const mostProblems = 50;

/** Reads all files of an environment: with its own interpreter, which thereby shows that it lives. */
export async function inspectEnvironment(
  given: { readonly folder: string; readonly lock: Lock },
  signal: AbortSignal | undefined,
): Promise<Inspected> {
  const { folder, lock } = given;
  const site = join(folder, packagesOf(lock.python));
  // Without site: nothing of the environment runs.
  const command = [pythonOf(folder), "-I", "-S", "-c", script, folder, site] as const;
  const end = await runTool({ command, signal });
  if (end.code !== 0) {
    const last = end.stderr.trim().split("\n").at(-1);
    const reason = last === undefined || last === "" ? end.how : last;
    return { files: 0, problems: [`Its interpreter does not run: ${reason}`], sizeBytes: 0, python: null };
  }
  const said = JSON.parse(end.stdout) as {
    files: number;
    problems: string[];
    packages: Record<string, string>;
    size: number;
    python: string;
  };
  const problems = [...said.problems, ...compareWithLock(said.packages, lock)];
  const shown = problems.slice(0, mostProblems);
  if (problems.length > shown.length) shown.push(`… and ${problems.length - shown.length} more.`);
  return { files: said.files, problems: shown, sizeBytes: said.size, python: said.python };
}

function compareWithLock(packages: Readonly<Record<string, string>>, lock: Lock): string[] {
  const normal = (text: string) => text.toLowerCase().replaceAll(/[-_.]+/g, "-");
  const installed = new Map(Object.entries(packages).map(([name, version]) => [normal(name), version]));
  const locked = listLocked(lock);
  const missing = locked.filter(({ name }) => !installed.has(name));
  const wanted = new Set(locked.map(({ name }) => name));
  const more = [...installed.keys()].filter((name) => !wanted.has(name));
  return [
    ...missing.map(({ name, version }) => `${name} ${version} is in the lock and not installed.`),
    ...more.map((name) => `${name} is installed and not in the lock.`),
  ];
}
