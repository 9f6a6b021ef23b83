import type { Datatype, OnnxAdapter, RefusedValues, Signature } from "@slipway/runtime";
import type { TranslatedWay } from "./run-translator.ts";

export interface AdapterFacts {
  readonly signature: Signature;
  readonly missingText: string;
  readonly refused: Readonly<Record<string, RefusedValues>>;
}

/** What the translator said of a file, as the runtime takes it. */
export function toAdapter(way: TranslatedWay, { signature, missingText, refused }: AdapterFacts): OnnxAdapter {
  const takesTexts = signature.inputs.some(({ datatype, nullable }) => datatype === "BYTES" && nullable);
  const names = [...new Set(way.outputs.map(({ from }) => from))];
  return {
    version: 1,
    inner: {
      inputs: way.inputs.map(({ name, datatype, columns }) => ({
        name,
        datatype: datatype as Datatype,
        shape: [-1, columns.length],
        nullable: true,
      })),
      // The runtime only asks for the names; datatypes are what the file gives.
      outputs: names.map((name) => {
        const { output } = toOuter(way, name);
        const spec = signature.outputs.find((each) => each.name === output);
        return { name, datatype: spec?.datatype ?? "FP32", shape: spec?.shape ?? [-1] };
      }),
      packed: null,
      batched: true,
    },
    inputs: way.inputs.map(({ columns }) => ({ columns })),
    outputs: signature.outputs.map(({ name }) => ({
      from: way.outputs.find((each) => each.name === name)?.from ?? name,
    })),
    missingText: takesTexts ? missingText : null,
    refused,
  };
}

function toOuter(way: TranslatedWay, from: string): { readonly output: string } {
  return { output: way.outputs.find((each) => each.from === from)?.name ?? from };
}
