"""Compares Delta tables with the Kafka topics that they archive, message by message.

usage: compare_with_kafka.py BOOTSTRAP TABLE TOPIC [TABLE TOPIC]...

Shares no code with the product: it reads the topic with kafka-python and the table with deltalake
and pyarrow. Prints a JSON array with an object of counts for each pair; every count except the
totals must be 0.
"""

import json
import os
import sys
from collections import Counter

from deltalake import DeltaTable
from kafka import KafkaConsumer, TopicPartition

VITALS = ["heart_rate", "spo2", "systolic", "diastolic", "respiratory_rate", "temperature"]
TEXTS = ["ward", "bed", "device_id", "consciousness", "supplemental_oxygen"]
# A monitor sends 0 for these if they were not measured; the table then has a null.
NOT_MEASURED_AT_ZERO = {"heart_rate", "spo2"}


def read_topic(bootstrap, topic):
    """Reads every message: (partition, offset) -> decoded reading."""
    consumer = KafkaConsumer(bootstrap_servers=bootstrap, group_id=None, enable_auto_commit=False)
    partitions = [TopicPartition(topic, p) for p in sorted(consumer.partitions_for_topic(topic))]
    consumer.assign(partitions)
    consumer.seek_to_beginning()
    ends = consumer.end_offsets(partitions)
    messages = {}
    while any(consumer.position(p) < ends[p] for p in partitions):
        for partition, batch in consumer.poll(timeout_ms=1000).items():
            for message in batch:
                messages[partition.partition, message.offset] = json.loads(message.value)
    consumer.close()
    return messages


def same_values(reading, row):
    for name in VITALS:
        sent = reading.get(name)
        if sent == 0 and name in NOT_MEASURED_AT_ZERO:
            sent = None
        if sent != row[name]:
            return False
    if any(reading.get(name) != row[name] for name in TEXTS):
        return False
    return reading["timestamp"] == row["time_us"] // 1000


def duplicates(counts):
    return sum(count - 1 for count in counts.values() if count > 1)


def compare(table_path, bootstrap, topic):
    messages = read_topic(bootstrap, topic)
    table = DeltaTable(table_path)
    arrow = table.to_pyarrow_table()
    index = arrow.schema.get_field_index("time")
    times = arrow.column("time").cast("int64")
    rows = arrow.set_column(index, "time_us", times).to_pylist()

    stored = [row for row in rows if not row["rejected"]]
    sent_readings = Counter((m["patient_id"], m["sequence"]) for m in messages.values())
    kept_readings = Counter((row["patient_id"], row["sequence"]) for row in stored)
    positions = Counter((row["kafka_partition"], row["kafka_offset"]) for row in rows)
    different = 0
    for row in stored:
        message = messages.get((row["kafka_partition"], row["kafka_offset"]))
        if message is not None and not same_values(message, row):
            different += 1

    return {
        "messages": len(messages),
        "stored": len(stored),
        "rejected": len(rows) - len(stored),
        "patients": len({patient for patient, _ in kept_readings}),
        "files": len(table.file_uris()),
        "readings_missing": len(sent_readings.keys() - kept_readings.keys()),
        "readings_unknown": len(kept_readings.keys() - sent_readings.keys()),
        "readings_duplicated": duplicates(kept_readings),
        "positions_missing": len(messages.keys() - positions.keys()),
        "positions_unknown": len(positions.keys() - messages.keys()),
        "positions_duplicated": duplicates(positions),
        "values_different": different,
    }


bootstrap, *pairs = sys.argv[1:]
compared = [compare(*pair) for pair in zip(pairs[::2], [bootstrap] * len(pairs), pairs[1::2])]
print(json.dumps(compared), flush=True)
# Arrow's threads may still run when the interpreter exits, which then aborts.
os._exit(0)
