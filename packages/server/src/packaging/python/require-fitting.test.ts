import { expect, test } from "vitest";
import { requireFitting } from "./require-fitting.ts";

const failed = (error: string) => ({ runs: null, unmeasured: `The model failed: ${error}.` });
const note = "The model was saved with scikit-learn 1.9.1 and runs with 1.5.2.";

test("a model whose code does not fit its packages is refused, with what is known of them", () => {
  const error = failed("AttributeError: 'LogisticRegression' object has no attribute 'multi_class'");
  expect(() => requireFitting("churn.joblib", error, [note])).toThrow(
    "churn.joblib opens, but fails on every row that it was tried with: The model failed: AttributeError: " +
      "'LogisticRegression' object has no attribute 'multi_class'. " +
      note,
  );
  expect(() => requireFitting("churn.joblib", failed("ModuleNotFoundError: No module named 'x'"), [])).toThrow("'x'.");
});

test("one that only refuses the rows that were made up is not", () => {
  expect(() => requireFitting("churn.joblib", failed("ValueError: unknown category"), [note])).not.toThrow();
  const runs = { firstMs: 1, p50Ms: 1, p95Ms: 1, count: 1 };
  expect(() => requireFitting("churn.joblib", { runs, unmeasured: null }, [note])).not.toThrow();
});
