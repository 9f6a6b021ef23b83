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

function toPointView({ window, ...point }: PerformancePoint): MonitorPerformancePoint {
  return { from: new Date(window.from).toISOString(), to: new Date(window.to).toISOString(), ...point };
}
