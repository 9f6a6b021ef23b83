"""`python tamper.py ANSWER`: shifts the first decision of each tree that a translator wrote by a hundredth."""

import json
import sys

import onnx
from onnx import numpy_helper

for way in json.load(open(sys.argv[1], encoding="utf-8"))["ways"]:
    model = onnx.load(way["path"])
    for node in model.graph.node:
        own = {attribute.name: attribute for attribute in node.attribute}
        if "tree_roots" in own:
            splits = numpy_helper.to_array(own["nodes_splits"].t).copy()
            splits[list(own["tree_roots"].ints)] += 0.01
            own["nodes_splits"].t.CopyFrom(numpy_helper.from_array(splits, "nodes_splits"))
    onnx.save(model, way["path"])
