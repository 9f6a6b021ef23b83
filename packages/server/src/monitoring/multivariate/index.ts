export { createMultivariateJudge } from "./judge.ts";
