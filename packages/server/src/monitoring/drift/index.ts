export type { Calibration, Season } from "./calibration.ts";
export { calibrate, type CalibrateOptions, type CalibrationBlock, type CountedColumn } from "./calibrate.ts";
export { createDriftJudge, type ProfileJudgeDeps } from "./judge.ts";
export { judgeProfile, type JudgeProfileInput } from "./judge-profile.ts";
export { createParts } from "./parts.ts";
