/** Shares are ten-thousandths of the traffic. */
export const whole = 10_000;

export function toPercentText(share: number): string {
  return `${share / 100} %`;
}
