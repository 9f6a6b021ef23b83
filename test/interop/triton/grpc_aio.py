"""tritonclient.grpc.aio as it comes from PyPI, against the server at the address given: HOST:PORT."""

import asyncio
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

import numpy as np
import tritonclient.grpc.aio as triton
from checks import refused_async, run_checks
from tritonclient.utils import InferenceServerException

ADDRESS = sys.argv[1] if len(sys.argv) > 1 else ""
ENUMERATED = np.arange(32, dtype=np.int32).reshape(2, 16)
ONES = np.ones((2, 16), dtype=np.int32)


def tensor(name, datatype, values):
    made = triton.InferInput(name, list(values.shape), datatype)
    made.set_data_from_numpy(values)
    return made


def pair():
    return [tensor("INPUT0", "INT32", ENUMERATED), tensor("INPUT1", "INT32", ONES)]


def expect_sums(result):
    assert np.array_equal(result.as_numpy("OUTPUT0"), ENUMERATED + ONES)
    assert np.array_equal(result.as_numpy("OUTPUT1"), ENUMERATED - ONES)


def client():
    return triton.InferenceServerClient(ADDRESS)


async def check_health_and_metadata(_):
    async with client() as it:
        assert await it.is_server_live() and await it.is_server_ready() and await it.is_model_ready("simple")
        assert (await it.get_model_metadata("simple")).platform == "onnx_onnxv1"
        assert (await it.get_model_config("simple")).config.name == "simple"
        assert (await it.get_inference_statistics("simple")).model_stats[0].name == "simple"


async def check_many_at_once(_):
    async with client() as it:
        for result in await asyncio.gather(*(it.infer("simple", pair()) for _ in range(50))):
            expect_sums(result)
        expect_sums(await it.infer("simple", pair(), compression_algorithm="gzip"))


async def check_stream(_):
    async def requests():
        for i in range(20):
            yield {"model_name": "simple", "inputs": pair()[: 1 if i == 3 else 2], "request_id": str(i)}

    async with client() as it:
        seen = 0
        async for result, error in it.stream_infer(requests()):
            if seen == 3:
                assert "INPUT1" in str(error), error
            else:
                assert error is None and result.get_response().id == str(seen)
                expect_sums(result)
            seen += 1
        assert seen == 20, seen


async def check_cancel(_):
    async with client() as it:
        call = asyncio.create_task(it.infer("slow", [tensor("X", "FP32", np.ones((1, 1), dtype=np.float32))]))
        await asyncio.sleep(0)
        call.cancel()
        try:
            await call
        except asyncio.CancelledError:
            pass
        expect_sums(await it.infer("simple", pair()))


async def check_errors(_):
    async with client() as it:
        await refused_async(it.infer("nothing", pair()), InferenceServerException, "NOT_FOUND", "nothing")
        await refused_async(it.infer("simple", pair()[:1]), InferenceServerException, "INVALID_ARGUMENT", "INPUT1")


async def check_repository(_):
    async with client() as it:
        await it.unload_model("simple_identity")
        states = {model.name: model.state for model in (await it.get_model_repository_index()).models}
        assert states["simple_identity"] == "UNAVAILABLE", states
        await it.load_model("simple_identity")
        assert await it.is_model_ready("simple_identity")


if __name__ == "__main__":
    run_checks(globals(), None)
