"""Kafka to Parquet as one writes it in Python: confluent-kafka, json, pandas.

usage: python_consumer.py BOOTSTRAP TOPIC MESSAGES FOLDER

Each batch becomes a file of its own, named by where it begins, and only then its offsets are
committed: at least once, which is the best such a program gives. Prints JSON: messages, the seconds
from the subscription's first message to the last file, and bytes on disk.
"""

import json
import pathlib
import sys
import time

import pandas as pd
from confluent_kafka import Consumer

BATCH = 100_000
CHUNK = 10_000

bootstrap, topic, wanted, folder = sys.argv[1:]
wanted, folder = int(wanted), pathlib.Path(folder)
consumer = Consumer({
    "bootstrap.servers": bootstrap,
    "group.id": f"vitals-bench-python-{time.time_ns()}",
    "auto.offset.reset": "earliest",
    "enable.auto.commit": False,
    "fetch.queue.backoff.ms": 10,
})
consumer.subscribe([topic])


def write(batch):
    rows = []
    for message in batch:
        row = json.loads(message.value())
        row["kafka_partition"] = message.partition()
        row["kafka_offset"] = message.offset()
        rows.append(row)
    frame = pd.DataFrame(rows)
    frame["time"] = pd.to_datetime(frame.pop("timestamp"), unit="ms", utc=True)
    first = batch[0]
    frame.to_parquet(folder / f"{first.partition()}-{first.offset()}.parquet", index=False)
    consumer.commit(asynchronous=False)


start, done, batch = None, 0, []
while done < wanted:
    messages = consumer.consume(CHUNK, timeout=1.0)
    if messages and start is None:
        start = time.perf_counter()
    for message in messages:
        if message.error():
            raise SystemExit(str(message.error()))
    batch += messages
    if len(batch) >= BATCH or done + len(batch) >= wanted:
        write(batch)
        done += len(batch)
        batch = []
seconds = time.perf_counter() - start
consumer.close()
size = sum(file.stat().st_size for file in folder.glob("*.parquet"))
print(json.dumps({"messages": done, "seconds": seconds, "bytes": size}))
