import { normalName } from "../../environments/index.ts";

/** Where the name of the module is not that of the package in the index. */
const others: Readonly<Record<string, string>> = {
  attr: "attrs",
  bs4: "beautifulsoup4",
  Crypto: "pycryptodome",
  cv2: "opencv-python-headless",
  dateutil: "python-dateutil",
  dotenv: "python-dotenv",
  faiss: "faiss-cpu",
  fitz: "pymupdf",
  git: "gitpython",
  google: "protobuf",
  igraph: "python-igraph",
  imblearn: "imbalanced-learn",
  jose: "python-jose",
  jwt: "pyjwt",
  MySQLdb: "mysqlclient",
  OpenSSL: "pyopenssl",
  PIL: "pillow",
  psycopg2: "psycopg2-binary",
  pkg_resources: "setuptools",
  pywt: "pywavelets",
  serial: "pyserial",
  skimage: "scikit-image",
  sklearn: "scikit-learn",
  skopt: "scikit-optimize",
  sksurv: "scikit-survival",
  tlz: "toolz",
  yaml: "pyyaml",
  zmq: "pyzmq",
};

/** The package that brings a module; for those that are not known, the index has most under the module's own name. */
export function toDistribution(module: string): string {
  const top = module.split(".", 1)[0]!;
  return Object.hasOwn(others, top) ? others[top]! : normalName(top);
}
