"""Writes iris.pkl: logistic regression on four numbers as scikit-learn pickles it, the same model as
packages/runtime/src/onnx/testing/models/iris-int.onnx. Needs scikit-learn as in bench/peers/fastapi/requirements.txt.

    python make-iris.py FOLDER
"""

import pickle
import sys
from pathlib import Path

from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression

data = load_iris()
model = LogisticRegression(max_iter=500).fit(data.data, data.target)
(Path(sys.argv[1]) / "iris.pkl").write_bytes(pickle.dumps(model))
