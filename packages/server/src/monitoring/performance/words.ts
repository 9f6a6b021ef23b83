/** How figures and metrics are said in a sentence. */

const names: Readonly<Record<string, string>> = {
  roc_auc: "ROC AUC",
  average_precision: "average precision",
  accuracy: "accuracy",
  precision: "precision",
  recall: "recall",
  specificity: "specificity",
  f1: "F1",
  mcc: "Matthews' coefficient",
  log_loss: "log loss",
  brier: "the Brier score",
  ece: "the calibration error",
  value: "the value per prediction",
  mae: "the mean absolute error",
  rmse: "the root mean squared error",
  mse: "the mean squared error",
  bias: "the mean error",
  mape: "the mean relative error",
  r2: "R²",
};

export function nameOf(metric: string): string {
  return names[metric] ?? metric;
}

export function figure(value: number): string {
  return String(Number(value.toPrecision(4)));
}

export function share(part: number, whole: number): string {
  return `${Number(((100 * part) / Math.max(1, whole)).toPrecision(3))} %`;
}

export function durationText(ms: number): string {
  const units = [
    [86_400_000, "day"],
    [3_600_000, "hour"],
    [60_000, "minute"],
    [1000, "second"],
  ] as const;
  const [size, unit] = units.find(([each]) => ms >= each) ?? [1000, "second"];
  const count = Math.round(ms / size);
  return `${count} ${unit}${count === 1 ? "" : "s"}`;
}

/** As a sentence begins. */
export function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
