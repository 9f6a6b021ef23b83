/** Shared libraries that wheels expect of the system, and the Debian packages that have them. */
const packages: readonly (readonly [RegExp, string])[] = [
  [/^libgomp\.so/, "libgomp1"],
  [/^libGL\.so/, "libgl1"],
  [/^libgthread-2\.0\.so|^libglib-2\.0\.so|^libgobject-2\.0\.so/, "libglib2.0-0"],
  [/^libstdc\+\+\.so/, "libstdc++6"],
  [/^libgcc_s\.so/, "libgcc-s1"],
  [/^libgfortran\.so\.5/, "libgfortran5"],
  [/^libopenblas\.so/, "libopenblas0"],
  [/^liblapack\.so/, "liblapack3"],
  [/^libblas\.so/, "libblas3"],
  [/^libquadmath\.so/, "libquadmath0"],
  [/^libSM\.so/, "libsm6"],
  [/^libICE\.so/, "libice6"],
  [/^libXext\.so/, "libxext6"],
  [/^libXrender\.so/, "libxrender1"],
  [/^libX11\.so/, "libx11-6"],
  [/^libxcb\.so/, "libxcb1"],
  [/^libsndfile\.so/, "libsndfile1"],
  [/^libffi\.so\.8/, "libffi8"],
  [/^libffi\.so\.7/, "libffi7"],
  [/^libssl\.so\.3|^libcrypto\.so\.3/, "libssl3"],
  [/^libssl\.so\.1\.1|^libcrypto\.so\.1\.1/, "libssl1.1"],
  [/^libz\.so/, "zlib1g"],
  [/^libbz2\.so/, "libbz2-1.0"],
  [/^liblzma\.so/, "liblzma5"],
  [/^libsqlite3\.so/, "libsqlite3-0"],
  [/^libatomic\.so/, "libatomic1"],
  [/^libnuma\.so/, "libnuma1"],
  [/^libtbb\.so/, "libtbb12"],
  [/^libhdf5/, "libhdf5-103-1"],
  [/^libodbc\.so/, "libodbc2"],
  [/^libpq\.so/, "libpq5"],
  [/^libmysqlclient\.so|^libmariadb\.so/, "libmariadb3"],
  [/^libgeos_c\.so/, "libgeos-c1v5"],
  [/^libgdal\.so/, "gdal-bin"],
  [/^libproj\.so/, "libproj25"],
  [/^libjemalloc\.so/, "libjemalloc2"],
  [/^libtcmalloc/, "libgoogle-perftools4"],
];

const absent = /\b(lib[\w.+-]*\.so[\w.]*|[\w+-]+\.so\.\d[\w.]*): cannot open shared object file/;
const driver = /^lib(cuda|nvidia-ml)\.so/;

export interface MissingLibrary {
  readonly library: string;
  /** Null where it is not known which Debian package has it. */
  readonly debianPackage: string | null;
  /** What is missing and what to do, in a sentence or two. */
  readonly advice: string;
}

/** The system library that an error of a Python program names as missing; null where it names none. */
export function findMissingLibrary(text: string): MissingLibrary | null {
  const library = absent.exec(text)?.[1];
  if (library === undefined) return null;
  const debianPackage = packages.find(([pattern]) => pattern.test(library))?.[1] ?? null;
  const remedy = driver.test(library)
    ? "It comes with the driver of an NVIDIA card: take a package that was made for the processor alone, or install the driver."
    : debianPackage === null
      ? `Install the package that has it: \`apt-file search ${library}\` tells which on Debian and Ubuntu.`
      : `Install it on this machine: \`apt-get install ${debianPackage}\` on Debian and Ubuntu.`;
  return { library, debianPackage, advice: `The system library ${library} is missing here. ${remedy}` };
}
