import { testHeavyModels } from "../heavy-models.ts";

await testHeavyModels("torch", [
  "TorchScript",
  "TorchScript of columns",
  "torch.export",
  "torch.export of two tensors",
  "weights alone",
  "a folder of Hugging Face",
]);
