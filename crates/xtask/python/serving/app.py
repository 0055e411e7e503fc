"""The Python baseline: FastAPI and scikit-learn, with SHAP values in every response."""

import os
import pathlib

import joblib
import numpy
import shap
from fastapi import FastAPI
from pydantic import BaseModel, Field

folder = pathlib.Path(os.environ["MODEL_FOLDER"])
model = joblib.load(folder / "model.joblib")
before, last = model[:-1], model[-1]
explainer = shap.LinearExplainer(last, before.transform(numpy.load(folder / "features.npy")))
app = FastAPI()


class Person(BaseModel):
    pregnancies: int = Field(ge=0, le=25)
    glucose: float = Field(ge=0, le=600)
    blood_pressure: float = Field(ge=0, le=200)
    skin_thickness: float = Field(ge=0, le=120)
    insulin: float = Field(ge=0, le=2000)
    bmi: float = Field(ge=0, le=100)
    diabetes_pedigree_function: float = Field(ge=0, le=5)
    age: int = Field(ge=21, le=120)


@app.post("/predict")
def predict(person: Person):
    values = person.model_dump()
    row = before.transform(numpy.array([list(values.values())]))
    probability = float(last.predict_proba(row)[0, 1])
    contributions = explainer.shap_values(row)[0]
    return {
        "prediction": int(probability >= 0.5),
        "probability": probability,
        "base_value": float(explainer.expected_value),
        "contributions": dict(zip(values, contributions.tolist())),
    }
