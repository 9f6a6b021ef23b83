import { readFile } from "node:fs/promises";
import { dirname, join, posix, relative, sep } from "node:path";
import { SlipwayError } from "@slipway/contract";

export interface RequirementsFile {
  readonly requirements: readonly string[];
  readonly constraints: readonly string[];
  readonly notes: readonly string[];
}

interface Reading {
  readonly folder: string;
  readonly requirements: string[];
  readonly constraints: string[];
  readonly notes: Set<string>;
  readonly seen: Set<string>;
}

const includePattern = /^(?:-r|--requirement|-c|--constraint)(?:\s+|=)?(.+)$/;
const indexPattern =
  /^(-i|--index-url|--extra-index-url|-f|--find-links|--no-index|--trusted-host|--pre|--prefer-binary)\b/;
const withoutPlace = /^(--no-binary|--only-binary|--require-hashes|--use-feature|--no-deps)\b/;

/**
 * A requirements file of pip among the model's files, with those that it includes. @throws SlipwayError `invalid_model` where it asks for
 * what cannot be had again next year: checkouts, folders, addresses
 */
export async function readRequirementsFile(folder: string, path: string): Promise<RequirementsFile> {
  const reading: Reading = { folder, requirements: [], constraints: [], notes: new Set(), seen: new Set() };
  await readInto(reading, path, "requirements");
  return { ...reading, notes: [...reading.notes] };
}

/** The same of lines that stand elsewhere, such as the pip part of conda.yaml. */
export async function readRequirementLines(
  folder: string,
  where: { readonly path: string; readonly lines: readonly string[] },
): Promise<RequirementsFile> {
  const reading: Reading = { folder, requirements: [], constraints: [], notes: new Set(), seen: new Set([where.path]) };
  for (const line of where.lines) await readLine(reading, { path: where.path, to: "requirements" }, line);
  return { ...reading, notes: [...reading.notes] };
}

async function readInto(reading: Reading, path: string, to: "requirements" | "constraints"): Promise<void> {
  if (reading.seen.has(`${to}:${path}`)) return;
  reading.seen.add(`${to}:${path}`);
  const text = await readFile(join(reading.folder, path), "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT" && error.code !== "EISDIR" && error.code !== "ENOTDIR") throw error;
    throw refused(`${path} is not among the files of the model`, "Put it into the model's folder.");
  });
  const lines = text
    .replaceAll("﻿", "")
    .replaceAll(/\\\r?\n/g, " ")
    .split(/\r?\n/);
  for (const line of lines) await readLine(reading, { path, to }, line);
}

interface Place {
  readonly path: string;
  readonly to: "requirements" | "constraints";
}

async function readLine(reading: Reading, place: Place, line: string): Promise<void> {
  const text = line
    .replace(/(^|\s)#.*$/, "")
    .replaceAll(/\s--(hash|config-settings?|global-option)(=|\s+)\S+/g, "")
    .trim();
  if (text === "") return;
  const included = includePattern.exec(text);
  if (included) {
    const to = /^(-c|--constraint)/.test(text) ? "constraints" : place.to;
    return readInto(reading, below(place.path, included[1]!.trim()), to);
  }
  if (indexPattern.test(text)) {
    reading.notes.add(
      `${place.path} names where packages come from (${text.split(/[\s=]/, 1)[0]}); that is for the server to say: index_url, extra_index_url and find_links of its configuration.`,
    );
    return;
  }
  if (withoutPlace.test(text)) return;
  reading[place.to].push(toRequirement(place.path, text));
}

function toRequirement(path: string, text: string): string {
  const build = "Build a wheel of it (`pip wheel --no-deps .`), put it into the model's folder and name the file here.";
  if (/^(-e|--editable)\b/.test(text))
    throw refused(`${path} asks for an editable checkout (${shown(text)}), which no server has`, build);
  if (text.startsWith("-"))
    throw refused(`${path} has the option ${shown(text)}, which is not known here`, "Take it out.");
  if (/(^|@\s*)(git|hg|svn|bzr)\+/.test(text))
    throw refused(
      `${path} asks for a checkout of a repository (${shown(text)}), which may be another one tomorrow`,
      build,
    );
  const local = /^(?:[\w.-]+\s*@\s*)?(?:file:(?:\/\/)?)?((?:\.{0,2}[\\/]|[\w.-]+[\\/])?[^\s;@]*\.whl)$/.exec(text)?.[1];
  if (local !== undefined && !/^[a-z]+:\/\//i.test(local)) return `./${below(path, local)}`;
  if (/(^|\s|@\s*)[a-z][a-z0-9+.-]*:/i.test(text))
    throw refused(
      `${path} names an address (${shown(text)})`,
      "Download the wheel into the model's folder and name the file here.",
    );
  if (/^\.{0,2}[\\/]|^\.{1,2}$|^[^\s;[\]<>=!~]+\/[^\s]*$/.test(text))
    throw refused(`${path} names a folder or an archive (${shown(text)})`, build);
  return text;
}

/** A path in a file, relative to the model's folder. @throws SlipwayError `invalid_model` where it leads out of it */
function below(path: string, named: string): string {
  const target = posix.normalize(posix.join(dirname(path).split(sep).join("/"), named.replaceAll("\\", "/")));
  const isInside =
    !target.startsWith("../") && target !== ".." && !/^([a-z]:)?[\\/]/i.test(named) && !/^[a-z]+:\/\//i.test(named);
  if (isInside) return relative(".", target).split(sep).join("/");
  throw refused(
    `${path} names ${shown(named)}, which is not below the model's folder`,
    "Put it there and name it relative to this file.",
  );
}

/** An address without its credentials. */
function shown(text: string): string {
  return text.replaceAll(/:\/\/[^/\s@]*@/g, "://***@").slice(0, 200);
}

function refused(what: string, advice: string): SlipwayError {
  return new SlipwayError("invalid_model", `${what}. ${advice}`);
}
