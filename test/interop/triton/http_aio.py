"""tritonclient.http.aio as it comes from PyPI, against the server at the address given: URL without the scheme."""

import asyncio
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

import numpy as np
import tritonclient.http.aio as triton
from checks import refused_async, run_checks
from tritonclient.http import InferInput, InferRequestedOutput
from tritonclient.utils import InferenceServerException

ADDRESS = sys.argv[1] if len(sys.argv) > 1 else ""
ROWS = np.arange(64 * 128, dtype=np.float32).reshape(64, 128)


def client():
    return triton.InferenceServerClient(ADDRESS)


def tensor(values, datatype="FP32", binary=True):
    made = InferInput("INPUT0", list(values.shape), datatype)
    made.set_data_from_numpy(values, binary_data=binary)
    return made


async def check_health_and_metadata(_):
    async with client() as http:
        assert await http.is_server_live() and await http.is_server_ready() and await http.is_model_ready("vector")
        assert (await http.get_model_metadata("vector"))["inputs"][0]["shape"] == [-1, 128]
        assert (await http.get_model_config("vector"))["input"][0]["dims"] == [128]
        assert (await http.get_inference_statistics("vector"))["model_stats"][0]["name"] == "vector"
        assert any(model["name"] == "vector" for model in await http.get_model_repository_index())


async def check_binary_and_json(_):
    async with client() as http:
        for given in (True, False):
            for wanted in (True, False):
                outputs = [InferRequestedOutput("OUTPUT0", binary_data=wanted)]
                result = await http.infer("vector", [tensor(ROWS, binary=given)], outputs=outputs)
                assert np.array_equal(result.as_numpy("OUTPUT0"), ROWS)


async def check_json_as_an_octet_stream_is_json(_):
    """aiohttp calls every body of bytes so, also to a model that takes a file of bytes."""
    words = np.array(["a", "ä"], dtype=np.object_)
    async with client() as http:
        outputs = [InferRequestedOutput("OUTPUT0", binary_data=False)]
        result = await http.infer("one_text", [tensor(words, "BYTES", binary=False)], outputs=outputs)
        assert result.as_numpy("OUTPUT0").tolist() == ["a", "ä"], result.as_numpy("OUTPUT0")


async def check_many_at_once(_):
    async with client() as http:
        results = await asyncio.gather(*(http.infer("vector", [tensor(ROWS + i)]) for i in range(50)))
        for i, result in enumerate(results):
            assert np.array_equal(result.as_numpy("OUTPUT0"), ROWS + i)


async def check_compression(_):
    async with client() as http:
        for coding in ("gzip", "deflate"):
            how = {"request_compression_algorithm": coding, "response_compression_algorithm": coding}
            result = await http.infer("vector", [tensor(ROWS)], **how)
            assert np.array_equal(result.as_numpy("OUTPUT0"), ROWS)


async def check_errors(_):
    async with client() as http:
        await refused_async(http.infer("nothing", [tensor(ROWS)]), InferenceServerException, "404", "nothing")
        await refused_async(http.infer("vector", [tensor(ROWS[:, :5])]), InferenceServerException, "400", "INPUT0")
        await refused_async(http.infer("vector", [tensor(ROWS)], model_version="9"), InferenceServerException, "404")


async def check_repository(_):
    async with client() as http:
        await http.unload_model("simple_identity")
        assert not await http.is_model_ready("simple_identity")
        await http.load_model("simple_identity")
        assert await http.is_model_ready("simple_identity")


if __name__ == "__main__":
    run_checks(globals(), None)
