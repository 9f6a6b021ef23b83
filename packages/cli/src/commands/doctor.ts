import type { Finding } from "@slipway/server";
import type { Run } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import { writeList } from "../output.ts";
import { loadServer, toRunOptions } from "../server-door.ts";
import type { Column } from "../table.ts";

const signs: Readonly<Record<Finding["state"], string>> = { ok: "✓", warning: "!", failed: "✗" };

const columns: readonly Column<Finding>[] = [
  { title: "state", value: (finding) => finding.state, text: (finding) => `${signs[finding.state]} ${finding.state}` },
  { title: "check", value: (finding) => finding.check },
  {
    title: "message",
    value: (finding) => finding.message,
    text: ({ message }) => message.replaceAll(/\s*\n\s*/g, " "),
  },
];

export const doctor: Run = async (context, input) => {
  const server = await loadServer();
  const findings = await server.doctor(toRunOptions(context, input, "doctor"));
  await writeList(context, columns, findings);
  return findings.some((finding) => finding.state === "failed") ? exitCodes.failed : exitCodes.ok;
};
