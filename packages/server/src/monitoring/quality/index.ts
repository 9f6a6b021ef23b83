export { judgeQuality, type JudgeQualityInput } from "./judge-quality.ts";
export { createQualityJudge } from "./judge.ts";
