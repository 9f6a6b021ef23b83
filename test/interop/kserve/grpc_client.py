"""KServe's InferenceGRPCClient as it comes from PyPI, against the server at the address given: HOST:PORT."""

import logging
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

import grpc
import numpy as np
from checks import refused_async, run_checks
from kserve import InferenceGRPCClient, InferInput, InferRequest
from kserve.protocol.grpc import grpc_predict_v2_pb2, grpc_predict_v2_pb2_grpc

ADDRESS = sys.argv[1] if len(sys.argv) > 1 else ""
ROWS = np.arange(2 * 128, dtype=np.float32).reshape(2, 128)


def client():
    return InferenceGRPCClient(url=ADDRESS)


def request(values, datatype="FP32", binary=True, model="vector", name="INPUT0"):
    made = InferInput(name=name, shape=list(values.shape), datatype=datatype)
    made.set_data_from_numpy(values, binary_data=binary)
    return InferRequest(model_name=model, infer_inputs=[made], request_id="mine")


async def check_health(_):
    async with client() as it:
        assert await it.is_server_live() is True
        assert await it.is_server_ready() is True
        assert await it.is_model_ready("vector") is True
        await refused_async(it.is_model_ready("nothing"), grpc.RpcError, "NOT_FOUND")


async def check_infer(_):
    async with client() as it:
        for binary in (True, False):
            answer = await it.infer(request(ROWS, binary=binary))
            assert answer.id == "mine" and answer.model_name == "vector"
            assert np.array_equal(answer.outputs[0].as_numpy(), ROWS)


async def check_strings(_):
    words = np.array(["a", "häuser"], dtype=np.object_)
    async with client() as it:
        for binary in (True, False):
            answer = await it.infer(request(words, "BYTES", binary, "one_text"))
            got = [text.decode() if isinstance(text, bytes) else text for text in answer.outputs[0].as_numpy()]
            assert got == ["a", "häuser"], got


async def check_half_floats(_):
    halves = np.array([[0.5, -65504]], dtype=np.float16)
    async with client() as it:
        answer = await it.infer(request(halves, "FP16", True, "half", "x"))
        assert np.array_equal(answer.outputs[0].as_numpy(), halves)


async def check_errors(_):
    async with client() as it:
        await refused_async(it.infer(request(ROWS, model="nothing")), grpc.RpcError, "NOT_FOUND", "nothing")
        await refused_async(it.infer(request(ROWS[:, :3])), grpc.RpcError, "INVALID_ARGUMENT", "INPUT0")


def check_repository(_):
    with grpc.insecure_channel(ADDRESS) as channel:
        stub = grpc_predict_v2_pb2_grpc.GRPCInferenceServiceStub(channel)
        named = {"model_name": "half"}
        unloaded = stub.RepositoryModelUnload(grpc_predict_v2_pb2.RepositoryModelUnloadRequest(**named))
        assert (unloaded.model_name, unloaded.isUnloaded) == ("half", True), unloaded
        loaded = stub.RepositoryModelLoad(grpc_predict_v2_pb2.RepositoryModelLoadRequest(**named))
        assert (loaded.model_name, loaded.isLoaded) == ("half", True), loaded
        assert stub.ModelReady(grpc_predict_v2_pb2.ModelReadyRequest(name="half")).ready


if __name__ == "__main__":
    logging.disable()
    run_checks(globals(), None)
