"""Translation of models to ONNX, run in a throw-away environment: that of the model with translators beside."""
