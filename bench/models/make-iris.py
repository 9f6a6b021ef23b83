"""Writes iris.pkl and iris.onnx into a folder: logistic regression on four numbers, as scikit-learn pickles it and as skl2onnx
converts it, the same bytes each time. Needs the packages of bench/peers/fastapi/requirements.txt.

    python make-iris.py FOLDER
"""

import pickle
import sys
from pathlib import Path

from skl2onnx import convert_sklearn
from skl2onnx.common.data_types import FloatTensorType
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression

folder = Path(sys.argv[1])
folder.mkdir(parents=True, exist_ok=True)
data = load_iris()
model = LogisticRegression(max_iter=500).fit(data.data, data.target)
(folder / "iris.pkl").write_bytes(pickle.dumps(model))
kinds = [("X", FloatTensorType([None, 4]))]
made = convert_sklearn(model, "iris", kinds, target_opset=17, options={"zipmap": False})
(folder / "iris.onnx").write_bytes(made.SerializeToString())
