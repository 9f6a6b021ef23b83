import { SlipwayError } from "./errors.ts";

/**
 * Names of models, endpoints and aliases: a lower-case letter or digit, then letters, digits, `.`, `_` or `-`;
 * at most 100 characters. They are safe in a path, a file name, a metric label and a shell.
 */
export const namePattern = /^[a-z0-9][a-z0-9._-]{0,99}$/;

/**
 * Names of models are wider, as model registries have them: anything but `/`, `:`, `@` and controls, without spaces at the
 * ends. A model whose name is no endpoint name is served by an endpoint of another name.
 */
export const modelNamePattern =
  // Generators of tests make names of it: they know neither look-behind nor classes of Unicode.
  /^(?!\.{1,2}$)[^/:@ \u0000-\u001f\u007f-\u009f](?:[^/:@\u0000-\u001f\u007f-\u009f]{0,248}[^/:@ \u0000-\u001f\u007f-\u009f])?$/;

/** Letters and digits of any script; an alias must not look like a version number. */
export const aliasPattern = /^(?![0-9]+$)[\p{L}\p{N}_-][\p{L}\p{N}._-]{0,254}$/u;

/** `NAME[@VERSION|ALIAS]`, the one way to name a model, a version or an endpoint. */
export interface Address {
  readonly name: string;
  readonly version?: number;
  readonly alias?: string;
}

/** @throws SlipwayError `invalid_name` */
export function parseName(text: string, what = "name"): string {
  if (!namePattern.test(text))
    throw new SlipwayError(
      "invalid_name",
      `${JSON.stringify(text)} is not a valid ${what}: use 1 to 100 of a-z, 0-9, ".", "_" and "-", beginning with a letter or digit.`,
      { [what]: text },
    );
  return text;
}

/** @throws SlipwayError `invalid_name` */
export function parseModelName(text: string): string {
  if (modelNamePattern.test(text)) return text;
  throw new SlipwayError(
    "invalid_name",
    `${JSON.stringify(text.slice(0, 300))} is not a valid model name: use 1 to 250 characters without "/", ":", "@" and controls.`,
    { name: text.slice(0, 300) },
  );
}

/** @throws SlipwayError `invalid_name` */
export function parseAddress(text: string): Address {
  const at = text.indexOf("@");
  if (at < 0) return { name: parseModelName(text) };
  const name = parseModelName(text.slice(0, at));
  const rest = text.slice(at + 1);
  if (/^[1-9][0-9]{0,8}$/.test(rest)) return { name, version: Number(rest) };
  if (aliasPattern.test(rest)) return { name, alias: rest };
  throw new SlipwayError(
    "invalid_name",
    `${JSON.stringify(text)} is not a valid address: after "@" comes a version number (flight-delay@2) or an alias (flight-delay@champion).`,
    { address: text },
  );
}

export function formatAddress(address: Address): string {
  const tail = address.version ?? address.alias;
  return tail === undefined ? address.name : `${address.name}@${tail}`;
}
