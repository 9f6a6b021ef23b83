"""grpcio-reflection and grpcio-health-checking as they come from PyPI, against the server at the address given: HOST:PORT."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

import grpc
from checks import refused, run_checks
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message_factory import GetMessageClass
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase

ADDRESS = sys.argv[1] if len(sys.argv) > 1 else ""


def check_reflection(channel):
    database = ProtoReflectionDescriptorDatabase(channel)
    assert "inference.GRPCInferenceService" in database.get_services(), database.get_services()
    pool = DescriptorPool(database)
    for name in database.get_services():
        assert len(pool.FindServiceByName(name).methods) > 0, name
    # A call whose messages are known from the server alone.
    method = pool.FindServiceByName("inference.GRPCInferenceService").FindMethodByName("ModelMetadata")
    request = GetMessageClass(method.input_type)(name="simple")
    call = channel.unary_unary(
        "/inference.GRPCInferenceService/ModelMetadata",
        request_serializer=lambda message: message.SerializeToString(),
        response_deserializer=GetMessageClass(method.output_type).FromString,
    )
    assert [tensor.name for tensor in call(request).inputs] == ["INPUT0", "INPUT1"]


def check_health(channel):
    stub = health_pb2_grpc.HealthStub(channel)
    serving = health_pb2.HealthCheckResponse.SERVING
    assert stub.Check(health_pb2.HealthCheckRequest()).status == serving
    assert stub.Check(health_pb2.HealthCheckRequest(service="simple")).status == serving
    refused(lambda: stub.Check(health_pb2.HealthCheckRequest(service="nothing")), grpc.RpcError, "NOT_FOUND")
    watch = stub.Watch(health_pb2.HealthCheckRequest(service="nothing"))
    assert next(watch).status == health_pb2.HealthCheckResponse.SERVICE_UNKNOWN
    watch.cancel()


if __name__ == "__main__":
    with grpc.insecure_channel(ADDRESS) as shared:
        run_checks(globals(), shared)
