export { createForecasts, type Forecast } from "./forecast.ts";
