// Pure mathematics: no imports but this package's own files. Each function states its source; the tests hold it against
// tables of SciPy, scikit-learn, Evidently, NannyML and river.
export { createNormal, createRandom } from "./random.ts";
