"""`python -s -m slipway.translate REQUEST ANSWER`: two files of JSON."""

import json
import sys
from typing import Any, Dict

from ..process.errors import ModelError
from .refusal import Refusal


def main(request: str, answer: str) -> None:
    with open(request, encoding="utf-8") as file:
        said = json.load(file)
    try:
        made = run(said)
    except Refusal as refusal:
        made = {"reason": str(refusal)}
    except ModelError as error:
        made = {"reason": str(error)}
    with open(answer, "w", encoding="utf-8") as file:
        json.dump(made, file)


def run(said: Dict[str, Any]) -> Dict[str, Any]:
    try:
        import onnx
        import skl2onnx
    except ImportError as error:
        raise Refusal("The translators cannot be imported beside the model's packages: {}.".format(error)) from error
    from ..process.load import to_source
    from ..signature import parse_signature
    from .convert import translate
    from .load import load

    loaded = load(said["model"]["flavor"], to_source(said))
    made = translate(loaded, parse_signature(said["signature"]), said["target"])
    made["packages"] = {"skl2onnx": skl2onnx.__version__, "onnx": onnx.__version__}
    return made


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
