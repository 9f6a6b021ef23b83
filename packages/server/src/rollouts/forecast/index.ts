export { createForecasts, type Advice, type Forecast } from "./forecast.ts";
export type { ForeseenMetric } from "./foresee-metric.ts";
export type { ForeseenStep } from "./foresee-steps.ts";
