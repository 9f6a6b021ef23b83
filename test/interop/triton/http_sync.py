"""tritonclient.http as it comes from PyPI, against the server at the address given: URL without the scheme."""

import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

import numpy as np
import tritonclient.http as triton
from checks import refused, run_checks
from tritonclient.utils import InferenceServerException

ADDRESS = sys.argv[1] if len(sys.argv) > 1 else ""
ENUMERATED = np.arange(32, dtype=np.int32).reshape(2, 16)
ONES = np.ones((2, 16), dtype=np.int32)


def tensor(name, datatype, values, binary=True):
    made = triton.InferInput(name, list(values.shape), datatype)
    made.set_data_from_numpy(values, binary_data=binary)
    return made


def pair(binary=True, other=None):
    return [tensor("INPUT0", "INT32", ENUMERATED, binary), tensor("INPUT1", "INT32", ONES, binary if other is None else other)]


def expect_sums(result):
    assert np.array_equal(result.as_numpy("OUTPUT0"), ENUMERATED + ONES), result.as_numpy("OUTPUT0")
    assert np.array_equal(result.as_numpy("OUTPUT1"), ENUMERATED - ONES)


def parameters_of(result, name):
    return result.get_output(name).get("parameters", {})


def check_health(client):
    assert client.is_server_live() and client.is_server_ready()
    assert client.is_model_ready("simple") and client.is_model_ready("simple", "1")
    assert not client.is_model_ready("nothing") and not client.is_model_ready("simple", "9")


def check_metadata(client):
    server = client.get_server_metadata()
    assert server["name"] == "slipway" and "binary_tensor_data" in server["extensions"], server
    model = client.get_model_metadata("simple")
    assert model["versions"] == ["1"]
    assert model["inputs"] == [{"name": f"INPUT{i}", "datatype": "INT32", "shape": [-1, 16]} for i in (0, 1)], model
    refused(lambda: client.get_model_metadata("nothing"), InferenceServerException, "404", 'no model "nothing"')


def check_config(client):
    config = client.get_model_config("simple")
    assert config["name"] == "simple" and config["max_batch_size"] > 1 and "dynamic_batching" in config, config
    assert config["input"][0] == {"name": "INPUT0", "data_type": "TYPE_INT32", "dims": [16]}, config
    assert client.get_model_config("simple", "1")["version_policy"] == {"specific": {"versions": [1]}}


def check_binary_by_default(client):
    result = client.infer("simple", pair())
    expect_sums(result)
    assert parameters_of(result, "OUTPUT0") == {"binary_data_size": 128}


def check_json(client):
    wanted = [triton.InferRequestedOutput(name, binary_data=False) for name in ("OUTPUT0", "OUTPUT1")]
    result = client.infer("simple", pair(binary=False), outputs=wanted)
    expect_sums(result)
    assert parameters_of(result, "OUTPUT0") == {}


def check_mixed(client):
    wanted = [triton.InferRequestedOutput("OUTPUT1", binary_data=False), triton.InferRequestedOutput("OUTPUT0")]
    for binary in (True, False):
        result = client.infer("simple", pair(binary, not binary), outputs=wanted)
        expect_sums(result)
        assert [output["name"] for output in result.get_response()["outputs"]] == ["OUTPUT1", "OUTPUT0"]


def check_strings(client):
    numbers = np.array([str(n).encode() for n in range(16)], dtype=np.object_).reshape(1, 16)
    for binary in (True, False):
        inputs = [tensor(name, "BYTES", numbers, binary) for name in ("INPUT0", "INPUT1")]
        wanted = [triton.InferRequestedOutput(name, binary_data=binary) for name in ("OUTPUT0", "OUTPUT1")]
        result = client.infer("simple_string", inputs, outputs=wanted)
        sums = [int(text) for text in result.as_numpy("OUTPUT0").reshape(-1)]
        assert sums == [2 * n for n in range(16)], sums
    # As text with letters of other alphabets, empty, long; the client pads nothing.
    words = np.array([["häuser", "", "x" * 70_000, "木"]], dtype=np.object_)
    result = client.infer("simple_identity", [tensor("INPUT0", "BYTES", words)])
    assert [text.decode() for text in result.as_numpy("OUTPUT0")[0]] == list(words[0])
    no_text = np.array([[b"\xff\xd8"]], dtype=np.object_)
    call = lambda: client.infer("simple_identity", [tensor("INPUT0", "BYTES", no_text)])
    refused(call, InferenceServerException, "400", "not UTF-8")


VALUES = {
    "bool": np.array([[True, False]]),
    "uint8": np.array([[0, 255]], dtype=np.uint8),
    "uint16": np.array([[0, 65535]], dtype=np.uint16),
    "uint32": np.array([[0, 2**32 - 1]], dtype=np.uint32),
    "uint64": np.array([[0, 2**64 - 1]], dtype=np.uint64),
    "int8": np.array([[-128, 127]], dtype=np.int8),
    "int16": np.array([[-(2**15), 2**15 - 1]], dtype=np.int16),
    "int32": np.array([[-(2**31), 2**31 - 1]], dtype=np.int32),
    "int64": np.array([[-(2**63), 2**63 - 1]], dtype=np.int64),
    "fp16": np.array([[0.333, -65504]], dtype=np.float16),
    "fp32": np.array([[0.1, np.inf]], dtype=np.float32),
    "fp64": np.array([[1e-300, -np.inf]], dtype=np.float64),
    "text": np.array([["a", "ä"]], dtype=np.object_),
}
DATATYPES = {"text": "BYTES", **{key: key.upper() for key in VALUES if key != "text"}}


def check_every_datatype(client):
    inputs = [tensor(f"{key}_in", DATATYPES[key], values) for key, values in VALUES.items()]
    result = client.infer("identity", inputs)
    for key, values in VALUES.items():
        got = result.as_numpy(f"{key}_out")
        expected = np.array([[b"a", "ä".encode()]], dtype=np.object_) if key == "text" else values
        assert got.dtype == expected.dtype and np.array_equal(got, expected), (key, got, expected)


def check_half_floats_have_no_json(client):
    inputs = [tensor(f"{key}_in", DATATYPES[key], values) for key, values in VALUES.items()]
    wanted = [triton.InferRequestedOutput("fp16_out", binary_data=False)]
    refused(lambda: client.infer("identity", inputs, outputs=wanted), InferenceServerException, "fp16_out", "binary")
    wanted = [triton.InferRequestedOutput("fp32_out", binary_data=False)]
    assert client.infer("identity", inputs, outputs=wanted).as_numpy("fp32_out")[0, 1] == np.inf


def check_brain_floats_are_refused(_):
    header = b'{"inputs":[{"name":"INPUT0","shape":[1,128],"datatype":"BF16","parameters":{"binary_data_size":256}}]}'
    try:
        post("vector", header + bytes(256), len(header))
        raise AssertionError("BF16 was taken")
    except urllib.error.HTTPError as error:
        message = error.read().decode()
        assert error.code == 400 and "BF16" in message and "FP32 or FP16" in message, message


def check_errors(client):
    def fails(*words, **how):
        refused(lambda: client.infer(**{"model_name": "simple", "inputs": pair(), **how}), InferenceServerException, *words)

    fails("404", "nothing", model_name="nothing")
    fails("404", "9", model_version="9")
    fails("400", "INPUT1", "missing", inputs=pair()[:1])
    fails("400", "INPUT0", "FP32", inputs=[tensor("INPUT0", "FP32", ONES.astype(np.float32)), pair()[1]])
    fails("400", "INPUT0", "[-1, 16]", inputs=[tensor("INPUT0", "INT32", ONES[:, :3]), pair()[1]])
    fails("400", "OUTPUT9", outputs=[triton.InferRequestedOutput("OUTPUT9")])
    fails("400", "twice", outputs=[triton.InferRequestedOutput("OUTPUT0"), triton.InferRequestedOutput("OUTPUT0")])


def check_compression(client):
    rows = np.tile(np.arange(128, dtype=np.float32), (64, 1))
    for coding in ("gzip", "deflate"):
        how = {"request_compression_algorithm": coding, "response_compression_algorithm": coding}
        result = client.infer("vector", [tensor("INPUT0", "FP32", rows)], **how)
        assert np.array_equal(result.as_numpy("OUTPUT0"), rows)
        wanted = [triton.InferRequestedOutput("OUTPUT0", binary_data=False)]
        result = client.infer("vector", [tensor("INPUT0", "FP32", rows, False)], outputs=wanted, **how)
        assert np.array_equal(result.as_numpy("OUTPUT0"), rows)
        expect_sums(client.infer("simple", pair(), **how))


def check_ids_versions_and_parameters(client):
    result = client.infer("simple", pair(), request_id="mine", model_version="1", parameters={"flavour": "sweet"})
    response = result.get_response()
    assert (response["id"], response["model_name"], response["model_version"]) == ("mine", "simple", "1")
    how = {"priority": 2, "sequence_id": 7, "sequence_start": True, "sequence_end": True, "timeout": 20_000_000}
    expect_sums(client.infer("simple", pair(), **how))


def check_timeouts(client):
    inputs = [tensor("X", "FP32", np.ones((1, 1), dtype=np.float32))]
    refused(lambda: client.infer("slow", inputs, timeout=1), InferenceServerException, "504")
    impatient = triton.InferenceServerClient(ADDRESS, network_timeout=0.001)
    try:
        impatient.infer("slow", inputs)
        raise AssertionError("it was quicker than a millisecond")
    except TimeoutError:
        pass
    impatient.close()
    assert client.infer("slow", inputs).as_numpy("y").shape == (1, 1)


def check_classification(client):
    scores = np.zeros((2, 128), dtype=np.float32)
    scores[0, [5, 9]] = [0.5, 0.25]
    scores[1, 127] = 1
    wanted = [triton.InferRequestedOutput("OUTPUT0", class_count=2)]
    top = client.infer("vector", [tensor("INPUT0", "FP32", scores)], outputs=wanted).as_numpy("OUTPUT0")
    assert top.tolist() == [[b"0.500000:5", b"0.250000:9"], [b"1.000000:127", b"0.000000:0"]], top


def check_async_infer(client):
    answers = [client.async_infer("simple", pair()) for _ in range(20)]
    for answer in answers:
        expect_sums(answer.get_result())


def check_statistics(client):
    (before,) = client.get_inference_statistics("simple")["model_stats"]
    for _ in range(3):
        client.infer("simple", pair())
    (after,) = client.get_inference_statistics("simple", "1")["model_stats"]
    assert after["inference_count"] - before["inference_count"] == 6, (before, after)
    assert after["inference_stats"]["success"]["count"] - before["inference_stats"]["success"]["count"] == 3
    assert after["execution_count"] > before["execution_count"]
    assert abs(after["last_inference"] - time.time() * 1000) < 600_000
    names = [model["name"] for model in client.get_inference_statistics()["model_stats"]]
    assert "simple" in names and "vector" in names, names


def check_repository(client):
    index = {model["name"]: model for model in client.get_model_repository_index()}
    assert index["simple_string"] == {"name": "simple_string", "version": "1", "state": "READY", "reason": ""}, index
    client.unload_model("simple_string")
    assert not client.is_model_ready("simple_string")
    index = {model["name"]: model for model in client.get_model_repository_index()}
    assert index["simple_string"]["state"] == "UNAVAILABLE" and index["simple_string"]["reason"] == "unloaded", index
    client.load_model("simple_string")
    assert client.is_model_ready("simple_string")
    client.load_model("simple_string")
    refused(lambda: client.load_model("nothing"), InferenceServerException, "404")
    refused(lambda: client.load_model("simple", config="{}"), InferenceServerException, "501", "config")


def check_without_gevent(client):
    """The client makes and reads bodies that any HTTP library carries."""
    body, length = triton.InferenceServerClient.generate_request_body(pair())
    result = triton.InferenceServerClient.parse_response_body(*post("simple", body, length))
    expect_sums(result)


def check_raw_requests(client):
    values = np.arange(128, dtype=np.float32)
    result = triton.InferenceServerClient.parse_response_body(*post("vector", values.tobytes(), 0))
    assert np.array_equal(result.as_numpy("OUTPUT0"), values.reshape(1, 128))
    text = "a file of text: ä"
    result = triton.InferenceServerClient.parse_response_body(*post("one_text", text.encode(), 0))
    assert result.as_numpy("OUTPUT0").tolist() == [text.encode()]
    try:
        post("simple", b"1234", 0)
        raise AssertionError("a model of two inputs took a body without JSON")
    except urllib.error.HTTPError as error:
        message = error.read().decode()
        assert error.code == 400 and "INPUT1" in message, message


def check_large_bodies(client):
    rows = np.arange(30_000 * 128, dtype=np.float32).reshape(-1, 128)
    result = client.infer("vector", [tensor("INPUT0", "FP32", rows)])
    assert np.array_equal(result.as_numpy("OUTPUT0"), rows)
    too_many = np.zeros((140_000, 128), dtype=np.float32)
    refused(lambda: client.infer("vector", [tensor("INPUT0", "FP32", too_many)]), (InferenceServerException, OSError))
    assert client.is_server_live()


def post(model, body, header_length):
    headers = {"Content-Type": "application/octet-stream"}
    if header_length is not None:
        headers["Inference-Header-Content-Length"] = str(header_length)
    url = f"http://{ADDRESS}/v2/models/{model}/infer"
    with urllib.request.urlopen(urllib.request.Request(url, body, headers), timeout=60) as response:
        length = response.headers.get("Inference-Header-Content-Length")
        return response.read(), False, int(length) if length else None


if __name__ == "__main__":
    run_checks(globals(), triton.InferenceServerClient(ADDRESS, connection_timeout=60, network_timeout=60))
