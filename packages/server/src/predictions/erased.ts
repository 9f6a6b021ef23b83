import { SlipwayError } from "@slipway/contract/errors";

/** What is said of a prediction that is not there any more because somebody asked for that. */
export function erasedError(id: string, row: number | null): SlipwayError {
  const name = row === null ? id : `${id}/${row}`;
  const message = `Prediction ${JSON.stringify(name)} was erased on request; nothing of it is kept but its id.`;
  return new SlipwayError("prediction_not_found", message, { id, ...(row === null ? {} : { row }), erased: true });
}
