"""tritonclient.grpc as it comes from PyPI, against the server at the address given: HOST:PORT, and a descriptor of our .proto file."""

import queue
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

import grpc
import numpy as np
import tritonclient.grpc as triton
from checks import refused, run_checks
from google.protobuf import descriptor_pb2
from tritonclient.grpc import model_config_pb2, service_pb2, service_pb2_grpc
from tritonclient.utils import InferenceServerException

ADDRESS = sys.argv[1] if len(sys.argv) > 1 else ""
DESCRIPTOR = sys.argv[2] if len(sys.argv) > 2 else ""
ENUMERATED = np.arange(32, dtype=np.int32).reshape(2, 16)
ONES = np.ones((2, 16), dtype=np.int32)


def tensor(name, datatype, values):
    made = triton.InferInput(name, list(values.shape), datatype)
    made.set_data_from_numpy(values)
    return made


def pair():
    return [tensor("INPUT0", "INT32", ENUMERATED), tensor("INPUT1", "INT32", ONES)]


def expect_sums(result):
    assert np.array_equal(result.as_numpy("OUTPUT0"), ENUMERATED + ONES), result.get_response()
    assert np.array_equal(result.as_numpy("OUTPUT1"), ENUMERATED - ONES)


def check_health(client):
    assert client.is_server_live() and client.is_server_ready()
    assert client.is_model_ready("simple") and client.is_model_ready("simple", "1")
    refused(lambda: client.is_model_ready("nothing"), InferenceServerException, "NOT_FOUND", 'no model "nothing"')


def check_metadata(client):
    server = client.get_server_metadata()
    assert server.name == "slipway" and "statistics" in server.extensions, server
    model = client.get_model_metadata("simple", as_json=True)
    assert model["versions"] == ["1"]
    assert model["inputs"] == [{"name": f"INPUT{i}", "datatype": "INT32", "shape": ["-1", "16"]} for i in (0, 1)], model
    refused(lambda: client.get_model_metadata("nothing"), InferenceServerException, "NOT_FOUND")


def check_config(client):
    config = client.get_model_config("simple").config
    assert config.name == "simple" and config.max_batch_size > 1 and config.HasField("dynamic_batching"), config
    first = config.input[0]
    assert (first.name, first.data_type, list(first.dims)) == ("INPUT0", model_config_pb2.TYPE_INT32, [16]), first
    assert config.instance_group[0].kind == model_config_pb2.ModelInstanceGroup.KIND_CPU
    assert list(client.get_model_config("simple", "1").config.version_policy.specific.versions) == [1]


def check_infer(client):
    result = client.infer("simple", pair())
    expect_sums(result)
    outputs = [triton.InferRequestedOutput("OUTPUT1"), triton.InferRequestedOutput("OUTPUT0")]
    result = client.infer("simple", pair(), outputs=outputs, request_id="mine", model_version="1")
    expect_sums(result)
    response = result.get_response()
    assert (response.id, response.model_name, response.model_version) == ("mine", "simple", "1"), response
    assert [output.name for output in response.outputs] == ["OUTPUT1", "OUTPUT0"]


def check_strings(client):
    numbers = np.array([str(n).encode() for n in range(16)], dtype=np.object_).reshape(1, 16)
    result = client.infer("simple_string", [tensor(name, "BYTES", numbers) for name in ("INPUT0", "INPUT1")])
    assert [int(text) for text in result.as_numpy("OUTPUT0").reshape(-1)] == [2 * n for n in range(16)]
    words = np.array([["häuser", "", "x" * 70_000, "木"]], dtype=np.object_)
    result = client.infer("simple_identity", [tensor("INPUT0", "BYTES", words)])
    assert [text.decode() for text in result.as_numpy("OUTPUT0")[0]] == list(words[0])


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
    result = client.infer("identity", [tensor(f"{key}_in", DATATYPES[key], values) for key, values in VALUES.items()])
    for key, values in VALUES.items():
        got = result.as_numpy(f"{key}_out")
        expected = np.array([[b"a", "ä".encode()]], dtype=np.object_) if key == "text" else values
        assert got.dtype == expected.dtype and np.array_equal(got, expected), (key, got, expected)


FIELDS = {"BOOL": "bool", "INT": "int", "INT64": "int64", "UINT": "uint", "UINT64": "uint64", "FP32": "fp32", "FP64": "fp64", "BYTES": "bytes"}


def field_of(datatype):
    narrow = {"INT8": "INT", "INT16": "INT", "INT32": "INT", "UINT8": "UINT", "UINT16": "UINT", "UINT32": "UINT"}
    return f"{FIELDS[narrow.get(datatype, datatype)]}_contents"


def check_typed_contents(client):
    """What its class never sends: the stub under it, with the elements in their own fields."""
    request = service_pb2.ModelInferRequest(model_name="identity", id="typed")
    sent = {key: values for key, values in VALUES.items() if key != "fp16"}
    for key, values in sent.items():
        made = request.inputs.add(name=f"{key}_in", datatype=DATATYPES[key], shape=list(values.shape))
        flat = [text.encode() for text in values.reshape(-1)] if key == "text" else values.reshape(-1).tolist()
        getattr(made.contents, field_of(DATATYPES[key])).extend(flat)
        request.outputs.add(name=f"{key}_out")
    # The model wants its FP16 too, which has no field: another one without it would be needed.
    refused(lambda: client._client_stub.ModelInfer(request), grpc.RpcError, "INVALID_ARGUMENT", "fp16_in")
    del request.inputs[:], request.outputs[:]
    request.model_name = "simple"
    for name, values in (("INPUT0", ENUMERATED), ("INPUT1", ONES)):
        made = request.inputs.add(name=name, datatype="INT32", shape=list(values.shape))
        made.contents.int_contents.extend(values.reshape(-1).tolist())
    answer = client._client_stub.ModelInfer(request)
    assert not answer.raw_output_contents and answer.id == "typed"
    assert list(answer.outputs[0].contents.int_contents) == (ENUMERATED + ONES).reshape(-1).tolist(), answer
    refused(
        lambda: client._client_stub.ModelInfer(bf16_request()), grpc.RpcError, "INVALID_ARGUMENT", "BF16", "FP32 or FP16"
    )


def bf16_request():
    request = service_pb2.ModelInferRequest(model_name="vector", raw_input_contents=[bytes(256)])
    request.inputs.add(name="INPUT0", datatype="BF16", shape=[1, 128])
    return request


def check_errors(client):
    def fails(*words, **how):
        refused(lambda: client.infer(**{"model_name": "simple", "inputs": pair(), **how}), InferenceServerException, *words)

    fails("NOT_FOUND", "nothing", model_name="nothing")
    fails("NOT_FOUND", "9", model_version="9")
    fails("INVALID_ARGUMENT", "INPUT1", "missing", inputs=pair()[:1])
    fails("INVALID_ARGUMENT", "INPUT0", "FP32", inputs=[tensor("INPUT0", "FP32", ONES.astype(np.float32)), pair()[1]])
    fails("INVALID_ARGUMENT", "INPUT0", "[-1, 16]", inputs=[tensor("INPUT0", "INT32", ONES[:, :3]), pair()[1]])
    fails("INVALID_ARGUMENT", "OUTPUT9", outputs=[triton.InferRequestedOutput("OUTPUT9")])
    refused(lambda: client.get_trace_settings(), InferenceServerException, "UNIMPLEMENTED", "TraceSetting")


def check_compression(client):
    rows = np.tile(np.arange(128, dtype=np.float32), (64, 1))
    for coding in ("gzip", "deflate"):
        result = client.infer("vector", [tensor("INPUT0", "FP32", rows)], compression_algorithm=coding)
        assert np.array_equal(result.as_numpy("OUTPUT0"), rows)
        expect_sums(client.infer("simple", pair(), compression_algorithm=coding))


def check_timeouts(client):
    inputs = [tensor("X", "FP32", np.ones((1, 1), dtype=np.float32))]
    refused(lambda: client.infer("slow", inputs, timeout=1), InferenceServerException, "DEADLINE_EXCEEDED")
    refused(lambda: client.infer("slow", inputs, client_timeout=0.001), InferenceServerException, "DEADLINE_EXCEEDED")
    assert client.infer("slow", inputs).as_numpy("y").shape == (1, 1)


def check_classification(client):
    scores = np.zeros((2, 128), dtype=np.float32)
    scores[0, [5, 9]] = [0.5, 0.25]
    scores[1, 127] = 1
    wanted = [triton.InferRequestedOutput("OUTPUT0", class_count=2)]
    top = client.infer("vector", [tensor("INPUT0", "FP32", scores)], outputs=wanted).as_numpy("OUTPUT0")
    assert top.tolist() == [[b"0.500000:5", b"0.250000:9"], [b"1.000000:127", b"0.000000:0"]], top


def check_async_infer(client):
    answers = queue.Queue()
    for _ in range(20):
        client.async_infer("simple", pair(), lambda result, error: answers.put((result, error)))
    for _ in range(20):
        result, error = answers.get(timeout=60)
        assert error is None, error
        expect_sums(result)


def check_streaming(client):
    answers = queue.Queue()
    client.start_stream(callback=lambda result, error: answers.put((result, error)))
    for i in range(20):
        client.async_stream_infer("simple", pair()[: 1 if i == 7 else 2], request_id=str(i))
    for i in range(20):
        result, error = answers.get(timeout=60)
        if i == 7:
            assert "INPUT1" in str(error), error
            continue
        assert error is None, error
        assert result.get_response().id == str(i)
        expect_sums(result)
    client.stop_stream()


def check_statistics(client):
    (before,) = client.get_inference_statistics("simple").model_stats
    for _ in range(3):
        client.infer("simple", pair())
    (after,) = client.get_inference_statistics("simple", "1").model_stats
    assert after.inference_count - before.inference_count == 6, (before, after)
    assert after.inference_stats.success.count - before.inference_stats.success.count == 3
    assert abs(after.last_inference - time.time() * 1000) < 600_000
    names = [model.name for model in client.get_inference_statistics().model_stats]
    assert "simple" in names and "vector" in names, names


def check_repository(client):
    index = {model.name: model for model in client.get_model_repository_index().models}
    assert index["simple_string"].state == "READY" and index["simple_string"].version == "1", index
    client.unload_model("simple_string")
    assert not any(model.name == "simple_string" and model.state == "READY" for model in client.get_model_repository_index().models)
    client.load_model("simple_string")
    assert client.is_model_ready("simple_string")
    refused(lambda: client.load_model("nothing"), InferenceServerException, "NOT_FOUND")
    refused(lambda: client.load_model("simple", config="{}"), InferenceServerException, "UNIMPLEMENTED", "config")


def check_large_messages(client):
    rows = np.arange(30_000 * 128, dtype=np.float32).reshape(-1, 128)
    result = client.infer("vector", [tensor("INPUT0", "FP32", rows)])
    assert np.array_equal(result.as_numpy("OUTPUT0"), rows)
    too_many = np.zeros((140_000, 128), dtype=np.float32)
    call = lambda: client.infer("vector", [tensor("INPUT0", "FP32", too_many)])
    refused(call, InferenceServerException, "RESOURCE_EXHAUSTED", "body_limit")
    assert client.is_server_live()


def check_keepalive(_):
    options = triton.KeepAliveOptions(keepalive_time_ms=100, keepalive_permit_without_calls=True, http2_max_pings_without_data=0)
    with triton.InferenceServerClient(ADDRESS, keepalive_options=options) as client:
        for _ in range(3):
            expect_sums(client.infer("simple", pair()))
            time.sleep(0.3)


def check_field_numbers(_):
    """Our .proto file says nothing that Triton's own says in another way."""
    ours = descriptor_pb2.FileDescriptorProto.FromString(Path(DESCRIPTOR).read_bytes())
    theirs = {}
    for module in (service_pb2, model_config_pb2):
        for name, message in module.DESCRIPTOR.message_types_by_name.items():
            theirs[name] = message
    only_ours = set()

    def compare(mine, other, path):
        fields = {field.name: field for field in other.fields}
        for field in mine.field:
            if field.name not in fields:
                only_ours.add(f"{path}.{field.name}")
                continue
            found = fields[field.name]
            assert (found.number, found.type) == (field.number, field.type), (path, field.name)
        nested = {message.name: message for message in other.nested_types}
        for message in mine.nested_type:
            if message.name in nested:
                compare(message, nested[message.name], f"{path}.{message.name}")

    for message in ours.message_type:
        assert message.name in theirs, message.name
        compare(message, theirs[message.name], message.name)
    # Of the Open Inference Protocol, and of KServe.
    expected = {"ModelMetadataResponse.properties"}
    expected |= {f"RepositoryModel{what}Response.{name}" for what, name in (("Load", "isLoaded"), ("Unload", "isUnloaded"), ("Load", "model_name"), ("Unload", "model_name"))}
    assert only_ours == expected, only_ours
    methods = {method.name for method in ours.service[0].method}
    assert methods <= {method.name for method in service_pb2.DESCRIPTOR.services_by_name["GRPCInferenceService"].methods}
    numbers = {value.name: value.number for value in next(e for e in ours.enum_type if e.name == "DataType").value}
    assert numbers == dict(model_config_pb2.DataType.items())


if __name__ == "__main__":
    with triton.InferenceServerClient(ADDRESS) as shared:
        run_checks(globals(), shared)
