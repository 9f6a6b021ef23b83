import { SlipwayError } from "@slipway/contract";

export interface ExamplePlace {
  /** As slipway.yaml names it. */
  readonly file: string;
  /** From 0. */
  readonly row?: number;
  readonly column?: string;
}

/** `invalid_file` that names the row and the column. */
export function exampleError({ file, row, column }: ExamplePlace, what: string): SlipwayError {
  const where = [
    ...(row === undefined ? [] : [`row ${row} (the first is 0)`]),
    ...(column === undefined ? [] : [JSON.stringify(column)]),
  ];
  return new SlipwayError(
    "invalid_file",
    `The examples in ${file}: ${[...where, what].join(", ")}${/[.?]$/.test(what) ? "" : "."}`,
    {
      file,
      ...(row === undefined ? {} : { row }),
      ...(column === undefined ? {} : { column }),
    },
  );
}
