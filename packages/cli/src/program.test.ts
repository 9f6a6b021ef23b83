import { readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import type { Input } from "./context.ts";
import { slipwayVersion as version } from "@slipway/contract/version";
import { createProgram } from "./program.ts";
import { commandSpecs, type CommandSpec } from "./specs/index.ts";

async function parse(line: string) {
  let found: { spec: CommandSpec; input: Input; globals: Record<string, unknown> } | undefined;
  let shown = "";
  const program = createProgram({
    version: "1",
    writeOut: (text) => (shown += text),
    run: async (spec, input, globals) => void (found = { spec, input, globals }),
  });
  let code: string | undefined;
  try {
    await program.parseAsync(line.split(" "), { from: "user" });
  } catch (error) {
    code = (error as { code?: string }).code;
  }
  return { found, shown, code };
}

describe("the command line", () => {
  test("words, arguments, options; global ones before and after", async () => {
    const { found } = await parse("--url http://x alias set flight-delay@2 challenger -m why --json");
    expect(found?.spec.usage).toBe("alias set <address> <alias>");
    expect(found?.input.args).toEqual(["flight-delay@2", "challenger"]);
    expect(found?.input.options).toEqual({ message: "why" });
    expect(found?.globals).toMatchObject({ url: "http://x", json: true });
  });

  test("a command with others below it runs by itself too", async () => {
    const list = await parse("predictions flight-delay --limit all -F");
    expect(list.found?.spec.usage).toBe("predictions <name>");
    expect(list.found?.input.options).toMatchObject({ limit: "all", follow: true });
    const show = await parse("predictions show 0193/2");
    expect(show.found?.spec.usage).toBe("predictions show <id>");
    expect(show.found?.input.args).toEqual(["0193/2"]);
  });

  test("an optional argument may be missing; - is an argument", async () => {
    expect((await parse("operations")).found?.input.args).toEqual([undefined]);
    expect((await parse("predict x -")).found?.input.args).toEqual(["x", "-"]);
    expect((await parse("predict x --file -")).found?.input.options).toEqual({ file: "-" });
  });

  test("--no-traffic", async () => {
    expect((await parse("deploy m.onnx")).found?.input.options.traffic).toBe(true);
    expect((await parse("deploy m.onnx --no-traffic")).found?.input.options.traffic).toBe(false);
  });

  test("up hands on what it does not know", async () => {
    const { found } = await parse("up --port 0 --log-level warn --body-limit=1MiB");
    expect(found?.input.options).toMatchObject({ port: "0" });
    expect(found?.input.rest).toEqual(["--log-level", "warn", "--body-limit=1MiB"]);
  });

  test("words that are listed are the only ones", async () => {
    expect((await parse("completion fish")).found?.input.args).toEqual(["fish"]);
    expect((await parse("completion ksh")).code).toBe("commander.invalidArgument");
    expect((await parse("token create --user x --scope admin")).found?.input.options).toEqual({
      user: "x",
      scope: "admin",
    });
    expect((await parse("token create --user x --scope root")).code).toBe("commander.invalidArgument");
    expect((await parse("token create --user x")).code).toBe("commander.missingMandatoryOptionValue");
  });

  test.each(["models x", "models --nope", "deploy", "apply", "nothing", "alias", "show a b", "predict x --data"])(
    "%s is wrong usage",
    async (line) => {
      const { found, code } = await parse(line);
      expect(found).toBeUndefined();
      expect(code).toMatch(/^commander\./);
    },
  );

  test.each(commandSpecs.map((spec) => spec.usage))(
    "%s: --help has an example, and it can be loaded",
    async (usage) => {
      const words = usage.split(" ").filter((word) => !/^[<[]/.test(word));
      const { shown, code } = await parse(`${words.join(" ")} --help`);
      expect(code).toBe("commander.helpDisplayed");
      expect(shown).toMatch(/Examples?:\n {2}(\w+ .*\| )?slipway /);
      const spec = commandSpecs.find((one) => one.usage === usage);
      expect(await spec?.load()).toBeTypeOf("function");
    },
  );
});

test("the version is that of the package", async () => {
  const text = await readFile(new URL("../package.json", import.meta.url), "utf8");
  expect(version).toBe((JSON.parse(text) as { version: string }).version);
});
