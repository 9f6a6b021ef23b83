import { findDifferences, IdPairs, TimePairs, type Difference } from "../same-answer.ts";
import { isReference } from "../tracking-server.ts";

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** What a command makes, by which later ones name it: `{{run:0}}` is the first run that there is. */
type Kind = "experiment" | "run" | "model";

/**
 * One request. In its path, query and body `{{mark}}` is a word of this sequence, `{{tick}}` a moment of its own, `{{KIND:n}}` the
 * n-th thing of a kind, counted round.
 */
export interface Command {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Behind `/api/2.0`. */
  readonly path: string;
  readonly query?: readonly (readonly [string, string])[];
  readonly body?: Json;
  /** Bytes to upload in the place of a body. */
  readonly upload?: string;
  /** Follows next_page_token to the end. */
  readonly pages?: true;
}

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** A difference of two servers after one command. */
export interface Deviation extends Difference {
  readonly command: Command;
}

type Loose = ReturnType<typeof JSON.parse>;

const makers: Readonly<Record<string, { readonly kind: Kind; idOf(body: Loose): unknown }>> = {
  "/mlflow/experiments/create": { kind: "experiment", idOf: (body) => body.experiment_id },
  "/mlflow/runs/create": { kind: "run", idOf: (body) => body.run.info.run_id },
  "/mlflow/logged-models": { kind: "model", idOf: (body) => body.model.info.model_id },
};

/** One of the two servers, and what a sequence of commands has made there. */
class Side {
  readonly #url: string;
  readonly #mark: string;
  readonly #patient: boolean;
  readonly #made: Record<Kind, string[]> = { experiment: [], run: [], model: [] };
  #tick = 1_700_000_000_000;

  constructor(url: string, mark: string, patient: boolean) {
    this.#url = url;
    this.#mark = mark;
    this.#patient = patient;
  }

  /** The answers of all pages, or the one. */
  async ask(command: Command): Promise<Answer[]> {
    this.#tick += 1000;
    const answers: Answer[] = [];
    let token: string | undefined;
    do {
      const answer = await this.#send(command, token);
      answers.push(answer);
      token = (answer.body as Loose)?.next_page_token;
    } while (command.pages && token !== undefined && answers.length < 20);
    const maker = command.method === "POST" ? makers[command.path] : undefined;
    if (maker !== undefined && answers[0]?.status === 200)
      this.#made[maker.kind].push(String(maker.idOf(answers[0].body)));
    return answers;
  }

  async #send({ method, path, query = [], body, upload }: Command, token: string | undefined): Promise<Answer> {
    const url = new URL(`${this.#url}/api/2.0${this.#fill(path)}`);
    for (const [name, value] of query) url.searchParams.append(name, this.#fill(value));
    const headers: Record<string, string> = {};
    let sent: string | undefined = upload;
    if (method !== "GET" && upload === undefined) {
      headers["content-type"] = "application/json";
      const paged = token === undefined ? body : { ...(body as object), page_token: token };
      sent = this.#fill(JSON.stringify(paged ?? {}));
    } else if (token !== undefined) url.searchParams.append("page_token", token);
    const request = { method, headers, ...(sent !== undefined && { body: sent }) };
    // Theirs now and then closes a connection behind an answer to what it has not read.
    const response = await fetch(url, request).catch((error: Error) => {
      if (this.#patient) return fetch(url, request);
      throw new Error(`${method} ${url.href} got no answer: ${String(error.cause)}`, { cause: error });
    });
    const text = await response.text();
    return { status: response.status, body: parse(text) };
  }

  #fill(text: string): string {
    return text
      .replaceAll("{{mark}}", this.#mark)
      .replaceAll("{{tick}}", String(this.#tick))
      .replaceAll(/\{\{(experiment|run|model):(\d+)\}\}/g, (_, kind: Kind, n: string) => this.#pick(kind, Number(n)));
  }

  #pick(kind: Kind, n: number): string {
    const made = this.#made[kind];
    return made[n % made.length] ?? missing[kind];
  }
}

const missing: Readonly<Record<Kind, string>> = { experiment: "987654321", run: "f".repeat(32), model: "m-none" };

/** The bytes of a file are text here; an upload may be answered with nothing, which the client takes as `{}`. */
function parse(text: string): unknown {
  try {
    return text === "" ? {} : JSON.parse(text);
  } catch {
    return text;
  }
}

const serverTimes = new Set([
  "creation_time",
  "last_update_time",
  "creation_timestamp",
  "last_updated_timestamp",
  "creation_timestamp_ms",
  "last_updated_timestamp_ms",
]);

let worlds = 0;

/** The same commands, one after the other, on the real server and on ours; each sequence is a world of its own. */
export class World {
  readonly #theirs: Side;
  readonly #ours: Side;
  readonly #matching = { ids: new IdPairs(), times: new TimePairs(), serverTimes };
  #over = false;

  /** Whether we took what they refuse, for a good reason: from there on the two servers hold different things. */
  get over(): boolean {
    return this.#over;
  }

  constructor(theirs: string, ours: string) {
    const mark = `w${++worlds}x${process.pid}`;
    this.#theirs = new Side(theirs, mark, true);
    this.#ours = new Side(ours, mark, isReference);
  }

  /** What differed after a command; nothing is asked of theirs where they break. */
  async run(command: Command): Promise<Deviation[]> {
    // In this order: theirs takes milliseconds, so that no two moments of ours are the same one.
    const theirs = await this.#theirs.ask(command);
    const ours = await this.#ours.ask(command);
    if (theirs.some((answer, i) => ours[i]?.status === 200 && isTaken(command, answer))) {
      this.#over = true;
      return [];
    }
    if (command.path === "/mlflow/model-versions/search") ours.forEach(dropAliases);
    const found = theirs.flatMap((answer, i) => compare(answer, ours[i], this.#matching));
    if (ours.length > theirs.length) found.push({ at: "pages", expected: theirs.length, found: ours.length });
    return found.map((one) => ({ ...one, command }));
  }
}

type Matching = Parameters<typeof findDifferences>[2];

function compare(theirs: Answer, ours: Answer | undefined, matching: Matching): Difference[] {
  if (ours === undefined) return [{ at: "pages", expected: theirs.body, found: undefined }];
  const whole = { expected: theirs, found: ours };
  // Their mistakes: ours is never 5xx, for then the client would ask seven times more.
  if (theirs.status >= 500) return ours.status >= 500 && !isReference ? [{ at: "status", ...whole }] : [];
  if (isDatabaseError(theirs)) return ours.status >= 400 && ours.status < 500 ? [] : [{ at: "status", ...whole }];
  if (theirs.status !== ours.status) return [{ at: "status", ...whole }];
  if (theirs.status === 200) return findDifferences(withoutExtras(theirs.body), withoutExtras(ours.body), matching);
  const [one, other] = [theirs.body as Loose, ours.body as Loose];
  return one.error_code === undefined || one.error_code === other.error_code ? [] : [{ at: "error_code", ...whole }];
}

/** What we take and they do not: all that only their database refuses, and names of experiments that are deleted. */
function isTaken({ path }: Command, theirs: Answer): boolean {
  const isName = path === "/mlflow/experiments/create" || path === "/mlflow/experiments/update";
  return isDatabaseError(theirs) || (isName && (theirs.body as Loose)?.error_code === "RESOURCE_ALREADY_EXISTS");
}

/** Versions that a search finds have their aliases with us; they never have them there. */
function dropAliases({ body }: Answer): void {
  for (const version of (body as Loose)?.model_versions ?? []) delete version.aliases;
}

/** What its database said, with the statement: refused by chance, under whatever code. */
function isDatabaseError({ status, body }: Answer): boolean {
  return status !== 200 && String((body as Loose)?.message).includes("(sqlite3.");
}

/** Without what differs in every answer: their workspaces, page tokens, which are opaque, and how lists in tags are written. */
function withoutExtras(body: unknown): unknown {
  return JSON.parse(
    JSON.stringify(body, (key, value: unknown) => {
      if (key === "workspace") return undefined;
      // A list in a tag, which each of the two writes in its way.
      if (typeof value === "string" && value.startsWith("[{")) return JSON.parse(value);
      return key === "next_page_token" ? "<a token>" : value;
    }),
  );
}
