import { testHeavyModels } from "../heavy-models.ts";

await testHeavyModels("tensorflow", [
  "Keras",
  "Keras with two inputs and two outputs",
  "a lambda",
  "a SavedModel",
  "a SavedModel that Keras exported",
]);
