"""The Python baseline, Kafka to Parquet: confluent-kafka, json, pandas.

usage: python_consumer.py BOOTSTRAP TOPIC MESSAGES FOLDER

Validates every message against the contract of a reading: fields, types, ranges, pressures and
sentinels. Rejected messages go to a separate file with the reason. Each batch becomes a file named
after its first offset, and its offsets are committed afterwards: at-least-once. Prints JSON:
messages, seconds from the first message to the last file, and bytes on disk.
"""

import json
import pathlib
import sys
import time

import pandas as pd
from confluent_kafka import Consumer

BATCH = 100_000
CHUNK = 10_000

# Values outside are rejected, as in docs/architecture.md.
RANGES = {
    "heart_rate": (0, 390), "pulse": (0, 390), "spo2": (0, 100), "systolic": (0, 375),
    "diastolic": (0, 375), "mean_pressure": (0, 375), "respiratory_rate": (0, 330),
    "temperature": (14.2, 47),
}
ZERO_IS_MISSING = {"heart_rate", "pulse", "spo2"}
SENTINELS = {-999.0, -99.9, -100.0}
TEXTS = ("device_id", "ward", "bed")
MAX_FUTURE_MS = 300_000

bootstrap, topic, expected, folder = sys.argv[1:]
expected = int(expected)
folder = pathlib.Path(folder)
consumer = Consumer({
    "bootstrap.servers": bootstrap,
    "group.id": f"vitals-bench-python-{time.time_ns()}",
    "auto.offset.reset": "earliest",
    "enable.auto.commit": False,
    "fetch.queue.backoff.ms": 10,
})
consumer.subscribe([topic])


def rejection(row, kafka_ms):
    """The reason for rejecting `row`; None for a valid reading."""
    if not isinstance(row, dict):
        return "not_an_object"
    patient, time_ms = row.get("patient_id"), row.get("timestamp")
    if not isinstance(patient, str) or not patient.strip():
        return "missing_field"
    if not isinstance(time_ms, (int, float)) or time_ms <= 0:
        return "invalid_timestamp"
    if time_ms < 100_000_000_000:
        row["timestamp"] = time_ms = time_ms * 1000
    if time_ms - kafka_ms > MAX_FUTURE_MS:
        return "future_timestamp"
    present = 0
    for name, (low, high) in RANGES.items():
        value = row.get(name)
        if value is None:
            continue
        present += 1
        if not isinstance(value, (int, float)) or isinstance(value, bool):
            return "wrong_type"
        if value in SENTINELS:
            return "sentinel"
        if value == 0 and name in ZERO_IS_MISSING:
            row[name] = None
        elif not low <= value <= high:
            return "out_of_range"
    if not present:
        return "no_vital"
    systolic, diastolic = row.get("systolic"), row.get("diastolic")
    if systolic is not None and diastolic is not None and diastolic >= systolic:
        return "pressure_inverted"
    if any(not isinstance(row.get(name, ""), str) for name in TEXTS):
        return "wrong_type"
    return None


def write(batch):
    rows, rejected = [], []
    for message in batch:
        position = (message.partition(), message.offset())
        kafka_ms = message.timestamp()[1]
        try:
            row = json.loads(message.value())
            reason = rejection(row, kafka_ms)
        except ValueError:
            reason = "not_json"
        if reason is None:
            row["kafka_partition"], row["kafka_offset"] = position
            row["kafka_time"] = kafka_ms
            rows.append(row)
        else:
            rejected.append((*position, reason, message.value()))
    frame = pd.DataFrame(rows)
    frame["time"] = pd.to_datetime(frame.pop("timestamp"), unit="ms", utc=True)
    first = batch[0]
    name = f"{first.partition()}-{first.offset()}.parquet"
    frame.to_parquet(folder / name, index=False)
    if rejected:
        columns = ["kafka_partition", "kafka_offset", "reason", "payload"]
        pd.DataFrame(rejected, columns=columns).to_parquet(folder / f"rejected-{name}", index=False)
    consumer.commit(asynchronous=False)


start, done, batch = None, 0, []
while done < expected:
    messages = consumer.consume(CHUNK, timeout=1.0)
    if messages and start is None:
        start = time.perf_counter()
    for message in messages:
        if message.error():
            raise SystemExit(str(message.error()))
    batch += messages
    if len(batch) >= BATCH or done + len(batch) >= expected:
        write(batch)
        done += len(batch)
        batch = []
seconds = time.perf_counter() - start
consumer.close()
size = sum(file.stat().st_size for file in folder.glob("*.parquet"))
print(json.dumps({"messages": done, "seconds": seconds, "bytes": size}))
