"""Writes a model as a folder of MLflow: `python make-mlflow-model.py FILE FOLDER`, FILE a pickle of scikit-learn or an ONNX file."""

import sys

import mlflow.onnx
import mlflow.sklearn
import numpy as np
import onnx
from mlflow.models import ModelSignature
from mlflow.types import Schema, TensorSpec

import model as common

path, folder = sys.argv[1:]
inputs = common.load().inputs
schema = Schema(
    [
        TensorSpec(np.dtype(dtype), (-1, *shape[1:]), name)
        for name, (dtype, shape) in inputs.items()
    ]
)
if path.endswith(".pkl"):
    # Probabilities instead of labels: https://mlflow.org/docs/latest/api_reference/python_api/mlflow.sklearn.html
    mlflow.sklearn.save_model(
        common.load().model, folder, pyfunc_predict_fn="predict_proba", serialization_format="pickle", pip_requirements=[]
    )
else:
    # One thread, for one core: https://mlflow.org/docs/latest/api_reference/python_api/mlflow.onnx.html
    options = {
        "intra_op_num_threads": 1,
        "inter_op_num_threads": 1,
        "extra_session_config": {"session.intra_op.allow_spinning": "0"},
    }
    mlflow.onnx.save_model(
        onnx.load(path),
        folder,
        signature=ModelSignature(inputs=schema),
        onnx_execution_providers=["CPUExecutionProvider"],
        onnx_session_options=options,
        pip_requirements=[],
    )
