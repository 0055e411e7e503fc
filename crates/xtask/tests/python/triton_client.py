"""Lists, checks, loads and queries models with Triton's own client; prints JSON.

usage: triton_client.py HOST:PORT
"""

import json
import sys

import numpy
import tritonclient.http as triton

client = triton.InferenceServerClient(sys.argv[1])
assert client.is_server_live() and client.is_server_ready()
index = client.get_model_repository_index()
for entry in index:
    assert client.is_model_ready(entry["name"], entry["version"]), entry
metadata = client.get_model_metadata("spline")
rows = numpy.array([[0, 137, 40, 35, 168, 43.1, 2.288, 33], [1, 85, 66, 29, 0, 26.6, 0.351, 31]])


def infer(binary, datatype="FP64", outputs=None, **parameters):
    given = rows.astype(numpy.float64 if datatype == "FP64" else numpy.float32)
    tensor = triton.InferInput("features", list(given.shape), datatype)
    tensor.set_data_from_numpy(given, binary_data=binary)
    wanted = [triton.InferRequestedOutput(name, binary_data=binary) for name in outputs or []]
    return client.infer("spline", [tensor], outputs=wanted or None, **parameters)


by_bytes, by_json = infer(True), infer(False, outputs=["probability", "prediction"])
for name in ("probability", "prediction"):
    assert numpy.array_equal(by_bytes.as_numpy(name), by_json.as_numpy(name)), name
single = infer(True, "FP32").as_numpy("probability")
assert numpy.allclose(single, by_bytes.as_numpy("probability"), atol=1e-6)
names = ["base_value", "contributions", "log_odds"]
explained = infer(True, outputs=names)
base, contributions, log_odds = (explained.as_numpy(name) for name in names)
assert contributions.shape == (2, 8)
assert numpy.allclose(base + contributions.sum(axis=1), log_odds, atol=1e-9)
# One tensor per feature, as JSON and as bytes, compressed in both ways.
features = metadata["inputs"][0]["shape"][1]
columns = ["pregnancies", "glucose", "blood_pressure", "skin_thickness", "insulin", "bmi",
           "diabetes_pedigree_function", "age"]
assert len(columns) == features
for binary, compression in ((True, "gzip"), (False, "deflate"), (True, None)):
    tensors = []
    for position, name in enumerate(columns):
        column = numpy.ascontiguousarray(rows[:, position:position + 1])
        tensor = triton.InferInput(name, list(column.shape), "FP64")
        tensor.set_data_from_numpy(column, binary_data=binary)
        tensors.append(tensor)
    answer = client.infer("spline", tensors, request_compression_algorithm=compression)
    assert numpy.array_equal(answer.as_numpy("probability"), by_bytes.as_numpy("probability"))
# Errors can be decoded on every path.
for path in ("v2/nothing", "v2/models/%ff/infer"):
    reply = client._post(request_uri=path, request_body=b"{}", headers=None, query_params=None)
    assert reply.status_code in (400, 404, 405), reply.status_code
    assert set(json.loads(reply.read())) == {"error"}
# A candidate is ready only for requests that name its version.
boosted = next(entry["version"] for entry in index if entry["name"] == "boosted")
client.unload_model("boosted")
assert not client.is_model_ready("boosted", boosted)
client.load_model("boosted")
assert client.is_model_ready("boosted", boosted)
assert not client.is_model_ready("boosted")
try:
    client.infer("nothing", [triton.InferInput("features", [1, 8], "FP64")])
    raise SystemExit("an unknown model returned a prediction")
except triton.InferenceServerException:
    pass
print(json.dumps({
    "models": [entry["name"] for entry in index],
    "platform": metadata["platform"],
    "probability": by_bytes.as_numpy("probability").tolist(),
}))
