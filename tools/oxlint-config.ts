import { covers, type Layers } from "./layer-list.ts";

interface Restriction {
  readonly regex: string;
  readonly message: string;
}

interface Override {
  readonly files: readonly string[];
  readonly rules: Readonly<Record<string, unknown>>;
}

const tests = ["**/*.test.ts", "packages/*/src/**/testing/**/*.ts"];

/** Files that may break a size rule, each with its reason. The list only shrinks. */
const exceptions: readonly Override[] = [
  {
    // Byte readers and writers of the hot path: an options object a call would be garbage a tensor or a field.
    files: [
      "packages/runtime/src/codec/**/*.ts",
      "packages/runtime/src/log/**/*.ts",
      "packages/server/src/platform/lake/column-buffer.ts",
      "packages/server/src/predictions/lake/decode/*.ts",
    ],
    rules: { "eslint/max-params": ["error", { max: 5 }] },
  },
  {
    // SlipwayError(code, message, details, cause) is written at every throw.
    files: ["packages/contract/src/errors.ts"],
    rules: { "eslint/max-params": ["error", { max: 4 }] },
  },
];

const rules = {
  "eslint/max-lines": ["error", { max: 500, skipBlankLines: false, skipComments: false }],
  "eslint/max-lines-per-function": ["error", { max: 80, skipBlankLines: true, skipComments: true }],
  "eslint/max-params": ["error", { max: 3 }],
  "import/no-cycle": ["error", { ignoreTypes: false }],
  "import/no-default-export": "error",
  "typescript/no-explicit-any": "error",
  "typescript/no-floating-promises": "error",
  "typescript/no-misused-promises": ["error", { checksVoidReturn: { arguments: false } }],
  "typescript/switch-exhaustiveness-check": ["error", { considerDefaultExhaustiveForUnions: true }],
  "typescript/consistent-type-imports": ["error", { disallowTypeAnnotations: false }],
  "eslint/eqeqeq": "error",
  "eslint/no-var": "error",
  "eslint/prefer-const": "error",
  "unicorn/filename-case": ["error", { case: "kebabCase" }],
  "unicorn/prefer-node-protocol": "error",
  // Off: each was tried on this code and named good code far more often than faults.
  "eslint/no-control-regex": "off",
  "eslint/no-new": "off",
  "eslint/no-shadow": "off",
  "eslint/no-underscore-dangle": "off",
  "eslint/no-await-in-loop": "off",
  "import/no-named-as-default": "off",
  "import/no-named-as-default-member": "off",
  "import/no-unassigned-import": "off",
  "oxc/no-async-endpoint-handlers": "off",
  "typescript/no-base-to-string": "off",
  "typescript/no-unsafe-type-assertion": "off",
  "typescript/unbound-method": "off",
  "typescript/no-unnecessary-type-parameters": "off",
  "typescript/consistent-return": "off",
  "unicorn/consistent-function-scoping": "off",
  "unicorn/no-array-reverse": "off",
  "unicorn/no-array-sort": "off",
  "unicorn/no-new-array": "off",
  "unicorn/require-post-message-target-origin": "off",
  "unicorn/prefer-add-event-listener": "off",
};

/**
 * The whole of `.oxlintrc.json`. `lazy` is left to the architecture test: this rule does not tell import() from import.
 * Of several overrides that match a file, the last one sets a rule. */
export function toOxlintConfig(layers: Layers): object {
  return {
    $schema: "./node_modules/oxlint/configuration_schema.json",
    plugins: ["eslint", "typescript", "unicorn", "oxc", "import", "node"],
    categories: { correctness: "error", suspicious: "error" },
    options: { typeAware: true, denyWarnings: true, reportUnusedDisableDirectives: "error" },
    env: { builtin: true },
    ignorePatterns: ["**/dist/**", "**/*.js"],
    rules,
    overrides: [
      ...importOverrides(layers),
      ...ambientOverrides(layers),
      {
        files: tests,
        rules: {
          "eslint/max-lines-per-function": "off",
          "eslint/max-params": "off",
          "typescript/no-explicit-any": "off",
          "eslint/no-restricted-imports": "off",
          "eslint/no-restricted-properties": "off",
          "eslint/no-restricted-globals": "off",
        },
      },
      ...exceptions,
      { files: ["vitest.config.ts"], rules: { "import/no-default-export": "off" } },
    ],
  };
}

function toGlob(location: string): string {
  const [name, ...rest] = location.split("/");
  const path = ["packages", name, "src", ...rest].join("/");
  return path.endsWith(".ts") ? path : `${path}/**/*.ts`;
}

/** Names of the server that are a file beside the folders; what it outgrew is in a folder of the same name. */
function rootFiles(layers: Layers): readonly string[] {
  return layers.server.filter((name) => name === "app" || name === "main");
}

function capabilities(layers: Layers): readonly string[] {
  return layers.server.filter((name) => !layers.open.includes(name));
}

function importOverrides(layers: Layers): Override[] {
  const whole = Object.keys(layers.packages);
  const folders = [...layers.server, ...rootFiles(layers).map((name) => `${name}.ts`)].map((name) => `server/${name}`);
  const isolated = layers.isolated.map((name) => `server/${name}/*`);
  const named = Object.values(layers.drivers).flat();
  const expanded = named.flatMap((place) =>
    place.startsWith("server/*/") ? capabilities(layers).map((name) => place.replace("*", name)) : [place],
  );
  const places = [...new Set([...whole, ...folders, ...isolated, ...expanded])].toSorted(
    (a, b) => a.split("/").length - b.split("/").length || (a < b ? -1 : 1),
  );
  return places.map((place) => ({
    files: [toGlob(place)],
    rules: { "eslint/no-restricted-imports": ["error", { patterns: restrictions(layers, place) }] },
  }));
}

function restrictions(layers: Layers, place: string): Restriction[] {
  const [name = ""] = place.split("/");
  const own = serverFolder(place);
  return [
    ...packageRestrictions(layers, name),
    ...(own === null ? [] : folderRestrictions(layers, own, place)),
    ...(own !== null && !layers.runtimeUsers.includes(own)
      ? [
          {
            regex: "^@slipway/runtime(?:/|$)",
            message: `server/${own} may not use the runtime (layers.json, runtimeUsers).`,
          },
        ]
      : []),
    ...(own !== null && layers.isolated.includes(own) && place.split("/").length > 2
      ? [{ regex: "^\\.\\./[^./][^/]*/", message: `Sub-folders of server/${own} never import each other.` }]
      : []),
    ...driverRestrictions(layers, place),
  ];
}

/** `server/registry/store.ts` -> `registry`; null outside the server and for its own index.ts. */
function serverFolder(place: string): string | null {
  const [name, folder] = place.split("/");
  return name === "server" && folder !== undefined ? folder.replace(/\.ts$/, "") : null;
}

function packageRestrictions(layers: Layers, name: string): Restriction[] {
  const all = Object.keys(layers.packages);
  const banned = all.filter((other) => other !== name && !(layers.packages[name] ?? []).includes(other));
  const result = [
    { regex: `^@slipway/${name}(?:/|$)`, message: "Inside a package, import the file." },
    {
      regex: `^(?:\\.\\./)+(?:packages/|(?:${all.join("|")})/(?:src|dist)/)`,
      message: "A relative import stays in its package.",
    },
  ];
  if (banned.length > 0)
    result.push({
      regex: `^@slipway/(?:${banned.join("|")})(?:/|$)`,
      message: `${name} may import ${list(layers.packages[name] ?? [])} (layers.json).`,
    });
  return result;
}

function folderRestrictions(layers: Layers, own: string, place: string): Restriction[] {
  const at = layers.server.indexOf(own);
  const files = rootFiles(layers);
  const right = layers.server.slice(at + 1);
  const others = capabilities(layers).filter((name) => name !== own);
  // Sub-folders of an isolated folder are named after capabilities: there the way to one is at least two steps up.
  const up = place.endsWith(`/${own}.ts`) ? "^\\./" : `^(?:\\.\\./){${layers.isolated.includes(own) ? 2 : 1},}`;
  const targets = right.map((name) => (files.includes(name) ? `${name}(?:\\.ts$|/)` : `${name}/`));
  const result: Restriction[] = [];
  if (targets.length > 0)
    result.push({
      regex: `${up}(?:${targets.join("|")})`,
      message: `server/${own} imports only from its left (layers.json).`,
    });
  result.push({
    regex: `${up}(?:${others.join("|")})/${anythingBut("index.ts")}`,
    message: "Another capability is imported only through its index.ts.",
  });
  return result;
}

function driverRestrictions(layers: Layers, place: string): Restriction[] {
  const banned = Object.entries(layers.drivers)
    .filter(([, allowed]) => !allowed.some((location) => covers(location, place)))
    .map(([driver]) => driver);
  const message = "A driver is imported only where layers.json names it (drivers).";
  return banned.length === 0 ? [] : [{ regex: `^(?:${banned.join("|")})(?:/|$)`, message }];
}

/** A regular expression for every text that is not `word`; oxlint's have no look-ahead. */
function anythingBut(word: string): string {
  const letters = word.split("").map((letter) => letter.replace(/\W/, "\\$&"));
  const parts = letters.map((letter, at) => `${letters.slice(0, at).join("")}[^${letter}]`);
  return `(?:${[...parts, `${letters.join("")}.`].join("|")})`;
}

function ambientOverrides(layers: Layers): Override[] {
  const everywhere = Object.keys(layers.packages);
  const places = [...new Set([...everywhere, ...Object.values(layers.ambient).flat()])].toSorted(
    (a, b) => a.split("/").length - b.split("/").length || (a < b ? -1 : 1),
  );
  return places.map((place) => {
    const banned = Object.entries(layers.ambient)
      .filter(([, allowed]) => !allowed.some((location) => covers(location, place)))
      .map(([name, allowed]) => ({ name, message: `Only in ${list(allowed)} (layers.json).` }));
    return {
      files: [toGlob(place)],
      rules: {
        "eslint/no-restricted-globals": orOff(banned.filter(({ name }) => !name.includes("."))),
        "eslint/no-restricted-properties": orOff(
          banned
            .filter(({ name }) => name.includes("."))
            .map(({ name, message }) => ({ object: name.split(".")[0], property: name.split(".")[1], message })),
        ),
      },
    };
  });
}

function orOff(options: readonly object[]): unknown {
  return options.length === 0 ? "off" : ["error", ...options];
}

function list(names: readonly string[]): string {
  return names.length === 0 ? "nothing of ours" : names.join(", ");
}
