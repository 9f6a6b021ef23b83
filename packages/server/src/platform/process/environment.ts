const handedOn = [
  "PATH",
  "HOME",
  "TMPDIR",
  "TMP",
  "TEMP",
  "LANG",
  "LC_ALL",
  "TZ",
  "LD_LIBRARY_PATH",
  "SystemRoot",
  "NODE_COMPILE_CACHE",
  "MALLOC_ARENA_MAX",
  "MALLOC_MMAP_THRESHOLD_",
  "CUDA_VISIBLE_DEVICES",
  "CUDA_PATH",
];

/** What a child process needs of the environment: no tokens, no addresses of databases, no options of this process. */
export function minimalEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(
    handedOn.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
  );
}
