"""Makes the models of this test: `make-models.py TARGET`. What they answer in here is in TARGET/cases.json."""

import json
import sys
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

TARGET = Path(sys.argv[1])
keras.utils.set_random_seed(1)
tf.config.threading.set_intra_op_parallelism_threads(1)
rows = np.random.default_rng(1).normal(size=(6, 4)).astype("float32")
cases = {}

taken = keras.Input((4,), name="features")
hidden = keras.layers.Dense(8, activation="relu")(taken)
kind = keras.layers.Dense(3, activation="softmax", name="kind")(hidden)
price = keras.layers.Dense(1, name="price")(hidden)
one = keras.Model(taken, kind)
one.save(TARGET / "one.keras")
answers = {"kind": one.predict_on_batch(rows).tolist()}
cases["Keras"] = {"flavor": "keras", "path": "one.keras", "ask": {"features": rows.tolist()}, "expected": answers}

other = keras.Input((2,), name="other")
both = keras.Model([taken, other], [kind, keras.layers.Concatenate(name="all")([price, other])])
both.save(TARGET / "both.keras")
first, second = both.predict_on_batch([rows, rows[:, :2]])
asked = {"features": rows.tolist(), "other": rows[:, :2].tolist()}
answers = {"kind": first.tolist(), "all": second.tolist()}
cases["Keras with two inputs and two outputs"] = {
    "flavor": "keras",
    "path": "both.keras",
    "ask": asked,
    "expected": answers,
}

taken = keras.Input((1,), name="features")
keras.Model(taken, keras.layers.Lambda(lambda x: x * 2)(taken)).save(TARGET / "lambda.keras")
cases["a lambda"] = {"flavor": "keras", "path": "lambda.keras", "refused": "holds a lambda"}


class Greeter(tf.Module):
    @tf.function(
        input_signature=[tf.TensorSpec([None], tf.string, "name"), tf.TensorSpec([None, 2], tf.float64, "point")]
    )
    def greet(self, name, point):
        return {"greeting": tf.strings.join(["hello ", name]), "length": tf.norm(point, axis=1)}


greeter = Greeter()
tf.saved_model.save(greeter, str(TARGET / "greeter"), signatures=greeter.greet)
answers = {"greeting": ["hello ä", "hello "], "length": [5.0, 0.0]}
asked = {"name": ["ä", ""], "point": [[3.0, 4.0], [0.0, 0.0]]}
cases["a SavedModel"] = {
    "flavor": "tensorflow",
    "path": "greeter/saved_model.pb",
    "ask": asked,
    "expected": answers,
}
exported = TARGET / "exported"
one.export(str(exported))
name = next(iter(tf.saved_model.load(str(exported)).signatures["serving_default"].structured_input_signature[1]))
got = tf.saved_model.load(str(exported)).signatures["serving_default"](**{name: tf.constant(rows)})
cases["a SavedModel that Keras exported"] = {
    "flavor": "tensorflow",
    "path": "exported/saved_model.pb",
    "ask": {name: rows.tolist()},
    "expected": {key: value.numpy().tolist() for key, value in got.items()},
}
(TARGET / "cases.json").write_text(json.dumps(cases))
