"""BentoML, run by `bentoml serve service:Peer`.

- an async API, batchable with a limit of rows and of latency: https://docs.bentoml.com/en/latest/get-started/adaptive-batching.html
- one worker, for one core: https://docs.bentoml.com/en/latest/build-with-bentoml/parallelize-requests.html
- access log, metrics and traces off: https://docs.bentoml.com/en/latest/build-with-bentoml/observability/logging.html
- binary bodies by an ASGI app of its user's inside the service: https://docs.bentoml.com/en/latest/build-with-bentoml/asgi.html"""

import bentoml
import numpy as np
from pydantic import BaseModel
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

import model as common

batching = {"batchable": True, "max_batch_size": common.MAX_BATCH, "max_latency_ms": 1000} if common.BATCHING else {}
settings = {"workers": 1, "logging": {"access": {"enabled": False}}, "metrics": {"enabled": False}}


class Flight(BaseModel):
    origin: str
    destination: str
    hour: int
    weekday: int
    distance: float
    origin_late_3h: float


class Base:
    def __init__(self):
        self.model = common.load()
        self.output = self.model.outputs[-1]


if common.BINARY:

    async def predict(request):
        answer = peer.predict(common.from_bytes(await request.body(), peer.inputs))
        return Response(common.to_bytes(answer), media_type="application/octet-stream")

    peer = common.load()

    @bentoml.asgi_app(Starlette(routes=[Route("/predict", predict, methods=["POST"])]))
    @bentoml.service(**settings)
    class Peer:
        pass

elif common.PATH.endswith("flights.onnx"):

    @bentoml.service(**settings)
    class Peer(Base):
        @bentoml.api(**batching)
        async def predict(self, rows: list[Flight]) -> list[list[float]]:
            inputs = {
                name: np.array([[getattr(row, name)] for row in rows], dtype)
                for name, (dtype, _) in self.model.inputs.items()
            }
            return self.model.predict(inputs)[self.output].tolist()

else:

    @bentoml.service(**settings)
    class Peer(Base):
        @bentoml.api(**batching)
        async def predict(self, rows: np.ndarray) -> np.ndarray:
            ((name, (dtype, _)),) = self.model.inputs.items()
            return self.model.predict({name: rows.astype(dtype)})[self.output]
