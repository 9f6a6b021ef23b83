import type { Finding } from "@slipway/server";
import type { Column } from "./table.ts";

const signs: Readonly<Record<Finding["state"], string>> = { ok: "✓", warning: "!", failed: "✗" };

/** What `doctor` and `check` tell. */
export const findingColumns: readonly Column<Finding>[] = [
  { title: "state", value: (finding) => finding.state, text: (finding) => `${signs[finding.state]} ${finding.state}` },
  { title: "check", value: (finding) => finding.check },
  {
    title: "message",
    value: (finding) => finding.message,
    text: ({ message }) => message.replaceAll(/\s*\n\s*/g, " "),
  },
];
