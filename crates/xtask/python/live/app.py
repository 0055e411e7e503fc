"""A ward in Streamlit: the latest values of every patient, from the same Kafka topic.

One reader per process; every session refreshes its table as a fragment, without a run of the whole script.
"""

import json
import os
import threading

import pandas as pd
import streamlit as st
from confluent_kafka import OFFSET_END, Consumer, TopicPartition

TOPIC = os.environ["KAFKA_TOPIC"]
COLUMNS = ["patient_id", "ward", "bed", "heart_rate", "spo2", "respiratory_rate", "systolic", "diastolic", "temperature", "timestamp"]


def follow(patients):
    settings = {"bootstrap.servers": os.environ["KAFKA_BOOTSTRAP"], "group.id": "streamlit", "enable.auto.commit": False}
    # As the dashboard fetches.
    consumer = Consumer(settings | {"fetch.wait.max.ms": 20})
    partitions = consumer.list_topics(TOPIC, timeout=30).topics[TOPIC].partitions
    consumer.assign([TopicPartition(TOPIC, partition, OFFSET_END) for partition in partitions])
    while True:
        # In batches: each call waits for the interpreter's lock, which the sessions hold most of the time.
        for message in consumer.consume(1_000, timeout=0.02):
            if message.error() is None:
                reading = json.loads(message.value())
                patients[reading["patient_id"]] = reading


@st.cache_resource
def latest():
    patients = {}
    threading.Thread(target=follow, args=(patients,), daemon=True).start()
    return patients


@st.fragment(run_every=float(os.environ["REFRESH_S"]))
def ward():
    rows = list(latest().copy().values())
    st.dataframe(pd.DataFrame(rows, columns=COLUMNS), hide_index=True)


st.set_page_config(page_title="Ward", layout="wide")
ward()
