/** A module that a Service of the tests runs. */
export async function run(input: { readonly fail?: boolean }) {
  if (input.fail === true) throw new Error("it cannot start");
  process.stderr.write("started\n");
  return {
    echo: (value: unknown) => value,
    env: () => Object.keys(process.env),
    refuse: () => {
      throw new RangeError("no");
    },
    hang: () => new Promise(() => {}),
    die: () => process.kill(process.pid, "SIGKILL"),
    pid: () => process.pid,
  };
}
