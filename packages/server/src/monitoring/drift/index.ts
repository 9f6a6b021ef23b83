export type { Calibration, Season } from "./calibration.ts";
export { calibrate, type CalibrateOptions, type CalibrationBlock, type CountedColumn } from "./calibrate.ts";
export { judgeProfile, type JudgeProfileInput } from "./judge-profile.ts";
