import { SlipwayError } from "@slipway/contract";

export interface BlobInfo {
  readonly sha256: string;
  readonly size: number;
}

export function tooLarge(maxBytes: number): SlipwayError {
  return new SlipwayError("too_large", `A blob may have at most ${maxBytes} bytes here (--blob-limit).`, {
    max_bytes: maxBytes,
  });
}
