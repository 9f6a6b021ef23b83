export { createRequirementsFinder, type FindRequirements } from "./find-requirements.ts";
