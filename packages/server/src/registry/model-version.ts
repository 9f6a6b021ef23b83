import { parseModelName, SlipwayError } from "@slipway/contract";
import type { Id } from "../kernel/ids.ts";
import type { PackagedModel } from "../packaging/index.ts";
import { checkFilePaths, parseSha256 } from "../platform/blobs/index.ts";
import type { KeyValue } from "../tracking/index.ts";

/** What a version's inputs and outputs are, as packaging found them. */
export type VersionSignature = PackagedModel["signature"];

/** How a version's files are run. */
export type VersionProgram = PackagedModel["program"];

/**
 * `verified`: the probe has opened it. `registered`: it came through a door that does not look inside; the first deployment does.
 * `external`: it is served elsewhere; only its signature is known, and its files are data.
 */
export type VersionState = "verified" | "registered" | "external";

export interface VersionFile {
  /** Relative, below the version's folder. */
  readonly path: string;
  readonly sha256: string;
  /** Bytes. */
  readonly size: number;
}

/** MLflow's stages. */
const stages = ["None", "Staging", "Production", "Archived"] as const;
export type Stage = (typeof stages)[number];

/** Where a version's files were when it was registered, and what made them. */
export interface VersionOrigin {
  /** As the caller named it: `models:/m-…`, `runs:/…`, a location. */
  readonly source: string;
  /** Where the files are: a location of its own kind, never `models:` or `runs:`. */
  readonly storageLocation: string;
  /** Empty where none is known; so are the others. */
  readonly runId: string;
  readonly runLink: string;
  readonly loggedModelId: string;
}

export interface NewVersion {
  readonly model: string;
  readonly state: VersionState;
  /** SHA-256 in hex of the files and the model section. It identifies bytes: two versions may share it. Null while it is `registered`. */
  readonly digest: string | null;
  readonly flavor: string;
  readonly platform: string;
  readonly signature: VersionSignature;
  readonly files: readonly VersionFile[];
  /** The path, among the files, of the one to open; empty, as the files and the signature are, while it is `registered`. */
  readonly entry: string;
  /** The immutable `model:` section of slipway.yaml; null where there was none. JSON-safe, as are report and owner. */
  readonly modelSection: object | null;
  readonly placement: "thread" | "worker" | "process";
  /** How its files are run. */
  readonly program: VersionProgram;
  /** What the probe measured; null where there was none. */
  readonly report: object | null;
  readonly owner: object | null;
  readonly message: string | null;
  /** Who made it; null where nobody is known. */
  readonly author: string | null;
  /** Left out: its files were uploaded for it. */
  readonly origin?: VersionOrigin;
  /** What it is about, which may change. Left out: the message. */
  readonly description?: string | null;
  readonly tags?: readonly KeyValue[];
}

/** A model's version: immutable, except for what is said about it, for its being verified once, and deleted. */
export interface ModelVersion extends Omit<NewVersion, "origin" | "description" | "tags"> {
  readonly origin: VersionOrigin;
  readonly description: string | null;
  readonly stage: Stage;
  readonly id: Id;
  /** 1, 2, 3, … in its model; never given twice, also not after a deletion. */
  readonly version: number;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  readonly updatedAt: number;
  /** Null: it lives. */
  readonly deletedAt: number | null;
}

/** One whose files are known and were opened. */
export type VerifiedVersion = ModelVersion & { readonly state: "verified"; readonly digest: string };

/** @throws SlipwayError `precondition_failed` for one that is only registered */
export function requireVerified(version: ModelVersion): VerifiedVersion {
  if (version.state === "verified" && version.digest !== null) return version as VerifiedVersion;
  const address = `${version.model}@${version.version}`;
  if (version.state === "external")
    throw new SlipwayError(
      "precondition_failed",
      `${address} is served elsewhere, and only its predictions are here. Deploy the model's files to serve it: slipway deploy FILE --name ${version.model}`,
      { model: version.model, version: version.version, state: version.state },
    );
  throw new SlipwayError(
    "precondition_failed",
    `${address} is registered and was not looked at yet. Deploy it first: slipway deploy models:/${version.model}/${version.version}`,
    { model: version.model, version: version.version, state: version.state },
  );
}

/** The place of a version's files in the artifacts of this server, for those that were uploaded for it. */
export function toVersionLocation(model: string, version: number): string {
  return `mlflow-artifacts:/slipway-versions/${model}/${version}`;
}

/** @throws SlipwayError `invalid_request` */
export function parseStage(text: string): Stage {
  const stage = stages.find((each) => each.toLowerCase() === text.toLowerCase());
  if (stage !== undefined) return stage;
  throw new SlipwayError(
    "invalid_request",
    `Invalid Model Version stage: ${text}. Value must be one of ${stages.join(", ")}.`,
    { stage: text },
  );
}

/** @throws SlipwayError `invalid_name`, `invalid_request` */
export function checkNewVersion(input: NewVersion): void {
  parseModelName(input.model);
  if (input.state === "registered") return;
  if (input.state === "verified") parseSha256(input.digest ?? "");
  checkFilePaths(input.files.map((file) => file.path));
  for (const file of input.files) {
    parseSha256(file.sha256);
    if (!Number.isSafeInteger(file.size) || file.size < 0)
      throw new SlipwayError("invalid_request", `The size of the file ${file.path} is not a number of bytes.`);
  }
  if (input.state === "verified" && !input.files.some((file) => file.path === input.entry))
    throw new SlipwayError(
      "invalid_request",
      `The file to open, ${JSON.stringify(input.entry)}, is not among the files of the version.`,
      { entry: input.entry },
    );
}
