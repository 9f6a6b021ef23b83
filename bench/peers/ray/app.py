"""Ray Serve. `python app.py PORT`.

- requests under way at once above the batch, a batch that waits 1 ms at most:
  https://docs.ray.io/en/latest/serve/advanced-guides/dyn-req-batch.html
- no access log, and the settings for throughput, RAY_SERVE_THROUGHPUT_OPTIMIZED=1 in the environment:
  https://docs.ray.io/en/latest/serve/advanced-guides/performance.html
- one replica, for one core. Ray counts logical CPUs for placing only, and gets enough of them."""

import sys
import time

import ray
from ray import serve
from ray.serve.schema import LoggingConfig
from starlette.requests import Request
from starlette.responses import Response

import model as common

quiet = LoggingConfig(enable_access_log=False, log_level="WARNING")


class Base:
    def __init__(self):
        self.model = common.load()

    async def __call__(self, request: Request):
        if common.BINARY:
            answer = await self.predict(common.from_bytes(await request.body(), self.model.inputs))
            return Response(common.to_bytes(answer), media_type="application/octet-stream")
        return common.to_json(await self.predict(common.to_arrays(await request.json(), self.model.inputs)))


@serve.deployment(num_replicas=1, max_ongoing_requests=256, ray_actor_options={"num_cpus": 1}, logging_config=quiet)
class Single(Base):
    async def predict(self, inputs):
        return self.model.predict(inputs)


@serve.deployment(num_replicas=1, max_ongoing_requests=256, ray_actor_options={"num_cpus": 1}, logging_config=quiet)
class Batched(Base):
    @serve.batch(max_batch_size=common.MAX_BATCH, batch_wait_timeout_s=0.001)
    async def predict(self, requests):
        inputs, rows = common.join(requests)
        return common.split(self.model.predict(inputs), rows)


if __name__ == "__main__":
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False, configure_logging=False)
    serve.start(http_options={"host": "127.0.0.1", "port": int(sys.argv[1])}, logging_config=quiet)
    serve.run((Batched if common.BATCHING else Single).bind(), name="peer", route_prefix="/predict")
    while True:
        time.sleep(60)
