"""A custom runtime of MLServer for ONNX files: https://docs.seldon.ai/mlserver/user-guide/custom"""

import numpy as np
from mlserver import MLModel
from mlserver.codecs import NumpyCodec, StringCodec
from mlserver.types import InferenceRequest, InferenceResponse

import model as common


class OnnxRuntime(MLModel):
    async def load(self) -> bool:
        self.onnx = common.load()
        return True

    async def predict(self, payload: InferenceRequest) -> InferenceResponse:
        inputs = {each.name: decode(each) for each in payload.inputs}
        outputs = [NumpyCodec.encode_output(name, value) for name, value in self.onnx.predict(inputs).items()]
        return InferenceResponse(model_name=self.name, model_version=self.version, outputs=outputs)


def decode(each):
    if each.datatype == "BYTES":
        return np.array(StringCodec.decode_input(each), dtype=object).reshape(each.shape)
    return NumpyCodec.decode_input(each)
