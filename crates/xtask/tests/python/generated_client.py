"""Uses the client that openapi-python-client has generated: FOLDER URL.

Prints one JSON object with what the model server has answered.
"""

import json
import sys

sys.path.insert(0, sys.argv[1])

from client import Client
from client.api.models import list_
from client.api.open_inference_protocol import infer, model_metadata
from client.api.predictions import explain, predict
from client.models import (
    Explanation,
    Features,
    InferRequest,
    InferResponse,
    ModelMetadata,
    Models,
    PredictResponse,
    Problem,
)

VALUES = {
    "pregnancies": 0,
    "glucose": 137,
    "blood_pressure": 40,
    "skin_thickness": 35,
    "insulin": 168,
    "bmi": 43.1,
    "diabetes_pedigree_function": 2.288,
    "age": 33,
}
ROW = {"name": "features", "shape": [1, 8], "datatype": "FP64", "data": list(VALUES.values())}


def expect(value, kind):
    """A parsed response of the expected type; a generated client returns errors as values."""
    assert isinstance(value, kind), value
    return value


with Client(base_url=sys.argv[2]) as client:
    person = Features.from_dict(VALUES)
    predicted = expect(predict.sync(client=client, body=person), PredictResponse)
    explained = expect(explain.sync(client=client, body=person), Explanation)
    models = expect(list_.sync(client=client), Models)
    metadata = expect(model_metadata.sync("spline", client=client), ModelMetadata)
    request = InferRequest.from_dict({"inputs": [ROW]})
    inferred = expect(infer.sync("spline", client=client, body=request), InferResponse)
    child = Features.from_dict({**VALUES, "age": 3})
    refused = expect(predict.sync(client=client, body=child), Problem)

print(
    json.dumps(
        {
            "probability": predicted.probability,
            "explained": explained.probability,
            "set": explained.prediction_set.outcomes,
            "models": [model.name for model in models.models],
            "platform": metadata.platform,
            "inferred": [output.to_dict() for output in inferred.outputs][0]["data"],
            "refused": [error.field for error in refused.errors],
        }
    )
)
