export {
  createRequirementsFinder,
  type FindRequirements,
  type FindRequirementsRequest,
  type FoundRequirements,
} from "./find-requirements.ts";
