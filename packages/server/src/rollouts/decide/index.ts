export { decide, type Decision } from "./decide.ts";
export { refuse } from "./commands.ts";
export { endOfTime, listNeeds, type Need } from "./needs.ts";
export { whatFollows } from "./steps.ts";
