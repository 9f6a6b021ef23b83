import type { Run } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import { findingColumns } from "../findings.ts";
import { writeList } from "../output.ts";
import { loadServer, toRunOptions } from "../server-door.ts";

export const doctor: Run = async (context, input) => {
  const server = await loadServer();
  const findings = await server.doctor(toRunOptions(context, input, "doctor"));
  await writeList(context, findingColumns, findings);
  return findings.some((finding) => finding.state === "failed") ? exitCodes.failed : exitCodes.ok;
};
