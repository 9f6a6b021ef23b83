"""KServe's InferenceRESTClient as it comes from PyPI, against the server at the address given."""

import logging
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

import httpx
import numpy as np
from checks import refused_async, run_checks
from kserve import InferenceRESTClient, InferInput, InferRequest, RESTConfig
from kserve.protocol.infer_type import RequestedOutput

URL = sys.argv[1] if len(sys.argv) > 1 else ""
ROWS = np.arange(2 * 128, dtype=np.float32).reshape(2, 128)


def v1():
    return InferenceRESTClient(RESTConfig(protocol="v1"))


def v2():
    return InferenceRESTClient(RESTConfig(protocol="v2"))


def request(values, datatype="FP32", binary=True, outputs=None):
    made = InferInput(name="INPUT0", shape=list(values.shape), datatype=datatype)
    made.set_data_from_numpy(values, binary_data=binary)
    return InferRequest(model_name="vector", infer_inputs=[made], request_id="mine", request_outputs=outputs)


async def check_v2_health(_):
    async with v2() as client:
        assert await client.is_server_live(URL) is True
        assert await client.is_server_ready(URL) is True
        assert await client.is_model_ready(URL, "vector") is True
        assert await client.is_model_ready(URL, "nothing") is False


async def check_v1_health(_):
    async with v1() as client:
        assert await client.is_server_live(URL) is True
        assert await client.is_model_ready(URL, "vector") is True
        await refused_async(client.is_model_ready(URL, "nothing"), httpx.HTTPStatusError, "nothing")


async def check_v2_infer(_):
    async with v2() as client:
        for given in (True, False):
            for wanted in (True, False):
                outputs = [RequestedOutput("OUTPUT0", {"binary_data": wanted})]
                answer = await client.infer(URL, request(ROWS, "FP32", given, outputs), "vector")
                assert answer.id == "mine" and answer.model_name == "vector"
                assert np.array_equal(answer.outputs[0].as_numpy(), ROWS)
        answer = await client.infer(URL, request(ROWS), "vector")
        assert np.array_equal(answer.outputs[0].as_numpy(), ROWS)


async def check_v2_strings(_):
    words = np.array(["a", "häuser"], dtype=np.object_)
    async with v2() as client:
        for binary in (True, False):
            answer = await client.infer(URL, request(words, "BYTES", binary), "one_text")
            got = [text.decode() if isinstance(text, bytes) else text for text in answer.outputs[0].as_numpy()]
            assert got == ["a", "häuser"], got


async def check_v2_half_floats(_):
    halves = np.array([[0.5, -65504]], dtype=np.float16)
    made = InferInput(name="x", shape=[1, 2], datatype="FP16")
    made.set_data_from_numpy(halves, binary_data=True)
    outputs = [RequestedOutput("y", {"binary_data": True})]
    async with v2() as client:
        answer = await client.infer(URL, InferRequest("half", [made], request_outputs=outputs), "half")
        assert np.array_equal(answer.outputs[0].as_numpy(), halves)
        answering_json = InferRequest("half", [made], request_outputs=[RequestedOutput("y", {"binary_data": False})])
        await refused_async(client.infer(URL, answering_json, "half"), httpx.HTTPStatusError, "no JSON form")


async def check_v1_predict(_):
    async with v1() as client:
        answer = await client.infer(URL, {"instances": ROWS.tolist()}, "vector")
        assert answer == {"predictions": ROWS.tolist()}


async def check_errors(_):
    async with v2() as client:
        await refused_async(client.infer(URL, request(ROWS), "nothing"), httpx.HTTPStatusError, "404", "nothing")
        await refused_async(client.infer(URL, request(ROWS[:, :3]), "vector"), httpx.HTTPStatusError, "400", "INPUT0")
    async with v1() as client:
        await refused_async(client.infer(URL, {"instances": [[1]]}, "vector"), httpx.HTTPStatusError, "400", "INPUT0")
        await refused_async(client.explain(URL, "vector", {"instances": []}), httpx.HTTPStatusError, "501", "explain")


if __name__ == "__main__":
    logging.disable()
    run_checks(globals(), None)
