import type { MonitorPerformance, MonitorPerformancePoint } from "@slipway/contract";
import type { PerformanceCourse, PerformancePoint } from "../performance/index.ts";

export function toPerformanceView(course: PerformanceCourse): MonitorPerformance {
  return {
    problem: course.problem,
    points: course.points.map(toPointView),
    label_rate: course.labelRate,
    estimator_error: course.estimatorError,
    estimator_windows: course.estimatorWindows,
  };
}

function toPointView({ window, lower, upper, ...point }: PerformancePoint): MonitorPerformancePoint {
  const [least, most] = rangeOf(point.metric);
  return {
    from: new Date(window.from).toISOString(),
    to: new Date(window.to).toISOString(),
    ...point,
    lower: lower === null ? null : Math.max(lower, least),
    upper: upper === null ? null : Math.min(upper, most),
  };
}

const shares = new Set([
  "roc_auc",
  "average_precision",
  "accuracy",
  "f1",
  "precision",
  "recall",
  "specificity",
  "brier",
  "ece",
]);
const lengths = new Set(["log_loss", "mae", "rmse", "mse", "mape"]);

/** What a metric can be: three standard errors lead beyond it where rows are few. */
function rangeOf(metric: string): readonly [number, number] {
  if (shares.has(metric)) return [0, 1];
  return [lengths.has(metric) ? 0 : Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
}
