"""Folders of Hugging Face: a tokenizer and safetensors, run by the pipeline of the model's architecture."""

import json
import os
from typing import Any, List, Sequence, Tuple

import numpy as np

from ..model import Description, Model, Run, Source
from ..process.errors import ModelError
from ..signature import Input, Output, Signature

_TASKS = (
    ("ForSequenceClassification", "text-classification"),
    ("ForTokenClassification", "token-classification"),
    ("ForMaskedLM", "fill-mask"),
    ("ForConditionalGeneration", "text2text-generation"),
    ("ForCausalLM", "text-generation"),
    ("LMHeadModel", "text-generation"),
    ("Model", "feature-extraction"),
)


def load(source: Source) -> Model:
    folder = source.path if os.path.isdir(source.path) else os.path.dirname(source.path)
    os.environ.update(HF_HUB_OFFLINE="1", TRANSFORMERS_OFFLINE="1", TOKENIZERS_PARALLELISM="false")
    task = source.options.get("task") or _task(folder)
    import torch
    from transformers import pipeline

    torch.set_num_threads(source.threads)
    device = 0 if source.device == "cuda" else -1
    return TransformersModel(pipeline(task, model=folder, tokenizer=folder, device=device), task, source)


def _task(folder: str) -> str:
    with open(os.path.join(folder, "config.json"), encoding="utf-8") as file:
        architectures = json.load(file).get("architectures") or []
    for architecture in architectures:
        for ending, task in _TASKS:
            if architecture.endswith(ending):
                return task
    said = ", ".join(architectures) or "none"
    message = f"config.json names the architectures {said}, which tell no task"
    raise ModelError("invalid_model", f"{message}. Name one under model.options.task, such as text-classification.")


class TransformersModel(Model):
    """Texts in; a label and its score out, or what the pipeline says as JSON."""

    platform = "transformers_pipeline"

    def __init__(self, pipe: Any, task: str, source: Source) -> None:
        self._pipe = pipe
        self._task = task
        self._batch = int(source.options.get("batch_size", 1))
        arguments = source.options.get("arguments", {})
        self._arguments = {"truncation": True, **arguments} if task == "text-classification" else arguments

    def describe(self) -> Description:
        inputs = [Input("text", "BYTES")]
        if self._task == "text-classification":
            return Description(inputs, None, [Output("label", "BYTES"), Output("score", "FP64")])
        return Description(inputs, None, [Output("output", "BYTES")])

    def bind(self, signature: Signature) -> Run:
        if len(signature.inputs) != 1 or signature.inputs[0].datatype != "BYTES":
            raise ModelError("invalid_model", "A folder of Hugging Face takes one input of text. Declare one string.")
        pipe, batch, arguments = self._pipe, self._batch, self._arguments

        def run(arrays: List[np.ndarray]) -> Sequence[Tuple[str, Any]]:
            said = pipe(arrays[0].reshape(-1).tolist(), batch_size=batch, **arguments)
            if self._task == "text-classification":
                best = [one[0] if isinstance(one, list) else one for one in said]
                return [("label", [one["label"] for one in best]), ("score", [float(one["score"]) for one in best])]
            texts = np.empty(len(said), dtype=object)
            texts[:] = [json.dumps(one, ensure_ascii=False, default=_plain) for one in said]
            return [("output", texts)]

        return run


def _plain(value: Any) -> Any:
    return value.tolist() if hasattr(value, "tolist") else str(value)
