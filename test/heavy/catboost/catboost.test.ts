import { testHeavyModels } from "../heavy-models.ts";

await testHeavyModels("catboost", [
  "a classifier with categories",
  "a classifier of several",
  "a regressor without names",
]);
