"""PyTorch: TorchScript (`.pt`) and programs of torch.export (`.pt2`)."""

import os
from typing import Any, List, Optional, Sequence, Tuple

import numpy as np

from ..model import Description, Model, Run, Source
from ..process.errors import ModelError
from ..signature import Input, Output, Signature
from .tensors_in import name_outputs, to_tensors

_DATATYPES = {
    "torch.bool": "BOOL",
    "torch.uint8": "UINT8",
    "torch.int8": "INT8",
    "torch.int16": "INT16",
    "torch.int32": "INT32",
    "torch.int64": "INT64",
    "torch.float16": "FP16",
    "torch.float32": "FP32",
    "torch.float64": "FP64",
}


def load(source: Source) -> Model:
    import torch

    torch.set_num_threads(source.threads)
    torch.set_num_interop_threads(1)
    if source.path.endswith(".pt2"):
        program = torch.export.load(source.path)
        return TorchModel(program.module(), "pytorch_export", source.device, _read_program(program))
    try:
        script = torch.jit.load(source.path, map_location=source.device)
    except RuntimeError as error:
        name = os.path.basename(source.path)
        message = (
            f"{name} is no TorchScript: weights alone (state_dict) and pickled modules need the code that made them"
        )
        advice = "Save it with torch.export.save(torch.export.export(model, ...)), or load it in a Python file"
        raise ModelError("invalid_model", f"{message}. {advice}.") from error
    return TorchModel(script.eval(), "pytorch_torchscript", source.device, _read_script(script))


class _Said:
    """What the file tells: how many tensors it takes, and perhaps which."""

    def __init__(
        self, count: int, inputs: Optional[List[Input]], outputs: Optional[List[Output]], batched: bool
    ) -> None:
        self.count = count
        self.inputs = inputs
        self.outputs = outputs
        self.batched = batched


def _read_script(script: Any) -> _Said:
    """TorchScript knows how many tensors it takes, not of which shape."""
    arguments = script.forward.schema.arguments[1:]
    return _Said(sum(not argument.has_default_value() for argument in arguments), None, None, True)


def _read_program(program: Any) -> _Said:
    nodes = {node.name: node for node in program.graph.nodes}
    taken = [nodes[name] for name in program.graph_signature.user_inputs if name in nodes]
    given = [nodes[name] for name in program.graph_signature.user_outputs if name in nodes]
    shapes = [_shape(node.meta["val"]) for node in (*taken, *given)]
    inputs = [Input(node.name, _datatype(node), _shape(node.meta["val"])) for node in taken]
    names = _output_names(program.call_spec.out_spec, len(given))
    outputs = [Output(name, _datatype(node), _shape(node.meta["val"])) for name, node in zip(names or [], given)]
    batched = all(shape[:1] == (-1,) for shape in shapes)
    return _Said(len(taken), inputs, None if names is None else outputs, batched)


def _output_names(spec: Any, count: int) -> Optional[List[str]]:
    """Those that the answers of a run will have; None where a run tells more."""
    kind = getattr(spec, "type", None)
    if kind is dict and len(spec.context) == count:
        return [str(key) for key in spec.context]
    if kind not in (None, list, tuple):
        return None
    return ["output"] if count == 1 else [f"output_{position}" for position in range(count)]


def _shape(value: Any) -> Tuple[int, ...]:
    return tuple(size if isinstance(size, int) else -1 for size in value.shape)


def _datatype(node: Any) -> str:
    datatype = _DATATYPES.get(str(node.meta["val"].dtype))
    if datatype is None:
        raise ModelError(
            "invalid_model", f'"{node.name}" is of the type {node.meta["val"].dtype}, which cannot be sent.'
        )
    return datatype


class TorchModel(Model):
    def __init__(self, module: Any, platform: str, device: str, said: _Said) -> None:
        self.platform = platform
        self._module = module
        self._device = device
        self._said = said

    def describe(self) -> Description:
        said = self._said
        notes = [] if said.inputs is not None else ["TorchScript does not tell its shapes: declare model.inputs."]
        return Description(said.inputs, None, said.outputs, said.batched, notes=notes)

    def bind(self, signature: Signature) -> Run:
        import torch

        module, on = self._module, self._device
        prepare = to_tensors(signature, self._said.count)
        declared = [output.name for output in signature.outputs]
        plain = on == "cpu"

        def run(arrays: List[np.ndarray]) -> Sequence[Tuple[str, Any]]:
            # In memory of its own: where a tensor begins decides how it is added up.
            tensors = [torch.from_numpy(array).clone() for array in prepare(arrays)]
            with torch.inference_mode():
                answer = module(*tensors) if plain else module(*(tensor.to(on) for tensor in tensors))
            return name_outputs(answer, declared)

        return run
