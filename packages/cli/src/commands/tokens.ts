import { stat } from "node:fs/promises";
import { join } from "node:path";
import { argument, textOption, type Run } from "../context.ts";
import { UsageError } from "../exit-codes.ts";
import { note, writeDone, writeList, writeOne } from "../output.ts";
import { dataFolder, loadServer } from "../server-door.ts";
import type { Column } from "../table.ts";
import { relativeTime } from "../time.ts";

type Server = Awaited<ReturnType<typeof loadServer>>;
type Token = Awaited<ReturnType<Server["listTokens"]>>[number];
type TokenJson = ReturnType<typeof toJson>;

function toJson({ id, user, scope, rate, createdAt, revokedAt }: Token) {
  return {
    id,
    user,
    scope,
    rate: rate && `${rate.requests}/${rate.unit}`,
    burst: rate && rate.burst,
    created_at: new Date(createdAt).toISOString(),
    revoked_at: revokedAt === null ? null : new Date(revokedAt).toISOString(),
  };
}

const columns: readonly Column<TokenJson>[] = [
  { title: "id", value: (token) => token.id },
  { title: "user", value: (token) => token.user },
  { title: "scope", value: (token) => token.scope },
  { title: "rate", value: (token) => token.rate },
  { title: "burst", value: (token) => token.burst, align: "right" },
  {
    title: "created_at",
    value: (token) => token.created_at,
    text: (token, now) => relativeTime(token.created_at, now),
  },
  {
    title: "revoked_at",
    value: (token) => token.revoked_at,
    text: (token, now) => (token.revoked_at === null ? "" : relativeTime(token.revoked_at, now)),
  },
];

export const createToken: Run = async (context, input) => {
  const data = await dataFolder(input);
  const user = textOption(input, "user") ?? "";
  const scope = textOption(input, "scope") ?? "";
  const [rate, burst] = [textOption(input, "rate"), textOption(input, "burst")];
  const server = await loadServer();
  const { token, secret } = await server.createToken({ data, user, scope, rate, burst });
  if (context.settings.format === "table") context.stdout.write(`${secret}\n`);
  else writeOne(context, { ...toJson(token), secret }, []);
  note(
    context,
    [
      `\nThis token of ${user} (${[scope, ...(rate === undefined ? [] : [rate])].join(", ")}) is shown only now. Use it as SLIPWAY_TOKEN:`,
      "  export SLIPWAY_TOKEN=...          then slipway takes it by itself",
      '  curl -H "authorization: Bearer $SLIPWAY_TOKEN" ...',
      `Take it back: slipway token revoke ${token.id} --data ${data}`,
      "A server that was started while there was no token asks for one from its next start on.",
    ].join("\n"),
  );
};

export const listTokens: Run = async (context, input) => {
  const data = await requireFolder(await dataFolder(input));
  const { listTokens: list } = await loadServer();
  await writeList(context, columns, (await list({ data })).map(toJson));
};

export const revokeToken: Run = async (context, input) => {
  const id = argument(input, 0);
  const data = await requireFolder(await dataFolder(input));
  const { revokeToken: revoke } = await loadServer();
  await revoke({ data, id });
  writeDone(context, { id, revoked: true }, `${id} is revoked; a running server refuses it within five seconds.`);
};

/** Only `token create` may make a new folder: one that was mistyped would be empty and seem to have no tokens. */
async function requireFolder(data: string): Promise<string> {
  if ((await stat(join(data, "slipway.json")).catch(() => null)) !== null) return data;
  throw new UsageError(`${data} is no data folder of a server: give the one of \`slipway up\` with --data.`);
}
