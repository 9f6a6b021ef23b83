import type { Parity, VerifyResult } from "@slipway/contract";
import { requireVersionAddress } from "../addresses.ts";
import { argument, type Run } from "../context.ts";
import { followOperation } from "../follow-operation.ts";
import { writeOne } from "../output.ts";
import { bytesText } from "../text.ts";

export const verify: Run = async (context, input) => {
  const { name, version } = requireVersionAddress(argument(input, 0));
  const client = context.client();
  const { result } = await followOperation(context, "The verification", (signal) =>
    client.versions.verify(name, version, { signal }),
  );
  const found = result as unknown as VerifyResult;
  writeOne(context, found, [
    ["version", `${found.model}@${found.version}`],
    ["files", `${found.files}, ${bytesText(found.bytes)}: every byte is as it was deployed`],
    ["opened", `in ${found.load_ms} ms, placement ${found.placement}`],
    ["examples", found.parity === null ? "none: it was opened and no more" : parityText(found.parity)],
    ["outputs", found.parity?.outputs.map(outputText).join("\n")],
    ["digest", found.digest],
  ]);
};

/** `100 rows, all within 0.000001 + 0.0001 * |expected|`. */
export function parityText({ rows, identical, tolerance }: Parity): string {
  const { absolute, relative } = tolerance;
  const how = identical ? "bit-identical" : `within ${absolute} + ${relative} * |expected|`;
  return `${rows} ${rows === 1 ? "row" : "rows"}, ${how}`;
}

function outputText({ output, identical, max_ulps: ulps }: Parity["outputs"][number]): string {
  if (identical) return `${output}: identical`;
  return `${output}: within tolerance${ulps === null ? "" : `, at most ${ulps} representable values apart`}`;
}
