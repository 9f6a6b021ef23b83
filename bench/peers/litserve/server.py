"""LitServe. `python server.py PORT`.

- max_batch_size and batch_timeout of the LitAPI: https://lightning.ai/docs/litserve/features/batching. A timeout of 0 polls without
  a pause and would take the core from the HTTP server.
- one worker and one API server, for one core; fast_queue (ZeroMQ) for high rates:
  https://lightning.ai/docs/litserve/api-reference/litserver
- binary inputs as a form's file, the one way in which its HTTP server hands on what is no JSON"""

import sys

import litserve
from fastapi import Response

import model as common


class Api(litserve.LitAPI):
    def setup(self, device):
        self.model = common.load()

    def decode_request(self, request):
        if common.BINARY:
            return common.from_bytes(request["tensor"].file.read(), self.model.inputs)
        return common.to_arrays(request, self.model.inputs)

    def predict(self, inputs):
        return self.model.predict(inputs)

    def encode_response(self, answer):
        if common.BINARY:
            return Response(common.to_bytes(answer), media_type="application/octet-stream")
        return common.to_json(answer)


class BatchedApi(Api):
    def batch(self, requests):
        inputs, self.rows = common.join(requests)
        return inputs

    def unbatch(self, answer):
        return common.split(answer, self.rows)


if __name__ == "__main__":
    api = BatchedApi(max_batch_size=common.MAX_BATCH, batch_timeout=0.001) if common.BATCHING else Api()
    server = litserve.LitServer(api, accelerator="cpu", devices=1, workers_per_device=1, fast_queue=True)
    server.run(
        host="127.0.0.1",
        port=int(sys.argv[1]),
        num_api_servers=1,
        log_level="error",
        access_log=False,
        generate_client_file=False,
    )
