"""FastAPI as a team would write a server of its own. Run by uvicorn with uvloop and httptools.

`async def`: the model takes microseconds to a few milliseconds, and a thread for each request would cost more
(https://fastapi.tiangolo.com/async/). Bodies are typed, so that pydantic parses and validates them, and a return type has
it write the answer (https://fastapi.tiangolo.com/tutorial/response-model/)."""

import numpy as np
from fastapi import FastAPI, Request, Response
from pydantic import create_model

import model as common

app = FastAPI()
model = common.load()


TYPES = {np.float32: float, np.int64: int, object: str}
if len(model.inputs) == 1:
    # Nested lists, as deep as the tensor.
    ((name, (dtype, shape)),) = model.inputs.items()
    kind = TYPES[dtype]
    for _ in shape:
        kind = list[kind]
    fields = {name: kind}
else:
    fields = {name: TYPES[dtype] | None for name, (dtype, _) in model.inputs.items()}
Question = create_model("Question", **{name: (kind, ...) for name, kind in fields.items()})
Answer = create_model("Answer", **{name: (list[int] if name == "label" else list[list[float]], ...) for name in model.outputs})

if common.BINARY:

    @app.post("/predict")
    async def predict(request: Request) -> Response:
        answer = model.predict(common.from_bytes(await request.body(), model.inputs))
        return Response(common.to_bytes(answer), media_type="application/octet-stream")

else:

    @app.post("/predict")
    async def predict(question: Question) -> Answer:
        return Answer(**common.to_json(model.predict(common.to_arrays(question.__dict__, model.inputs))))


@app.get("/health")
async def health():
    return {}
