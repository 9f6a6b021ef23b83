const names = [
  "OMP_NUM_THREADS",
  "OPENBLAS_NUM_THREADS",
  "MKL_NUM_THREADS",
  "NUMEXPR_NUM_THREADS",
  "VECLIB_MAXIMUM_THREADS",
] as const;

/** Variables by which numeric libraries learn how many threads they may use: by themselves, each takes all cores. */
export function threadCaps(threads: number): Readonly<Record<string, string>> {
  return Object.fromEntries(names.map((name) => [name, String(threads)]));
}
