"""The Spark baseline, Kafka to Parquet: Structured Streaming over the whole topic.

usage: spark_consumer.py BOOTSTRAP TOPIC JARS FOLDER

A small batch query runs first to warm up the JVM. Prints JSON: messages, seconds of the streaming
query, and bytes on disk.
"""

import json
import pathlib
import sys
import time

from pyspark.sql import SparkSession
from pyspark.sql.functions import col, from_json

SCHEMA = """patient_id STRING, timestamp LONG, heart_rate DOUBLE, spo2 DOUBLE, systolic DOUBLE,
diastolic DOUBLE, respiratory_rate DOUBLE, temperature DOUBLE, supplemental_oxygen BOOLEAN,
consciousness STRING, device_id STRING, sequence LONG, ward STRING, bed STRING"""

bootstrap, topic, jars, folder = sys.argv[1:]
folder = pathlib.Path(folder)
spark = (
    SparkSession.builder.master("local[*]")
    .config("spark.jars", ",".join(str(jar) for jar in pathlib.Path(jars).glob("*.jar")))
    .config("spark.driver.memory", "4g")
    .config("spark.ui.enabled", "false")
    .config("spark.sql.session.timeZone", "UTC")
    .getOrCreate()
)
spark.sparkContext.setLogLevel("ERROR")
source = {"kafka.bootstrap.servers": bootstrap, "subscribe": topic, "startingOffsets": "earliest"}


def readings(messages):
    parsed = messages.select(
        from_json(col("value").cast("string"), SCHEMA).alias("reading"),
        col("partition").alias("kafka_partition"),
        col("offset").alias("kafka_offset"),
        col("timestamp").alias("kafka_time"),
    )
    return parsed.select("reading.*", "kafka_partition", "kafka_offset", "kafka_time")


some = spark.read.format("kafka").options(**source).load().where(col("offset") < 20_000)
readings(some).write.parquet(str(folder / "warm"))

start = time.perf_counter()
query = (
    readings(spark.readStream.format("kafka").options(**source).load())
    .writeStream.format("parquet")
    .option("path", str(folder / "data"))
    .option("checkpointLocation", str(folder / "checkpoint"))
    .trigger(availableNow=True)
    .start()
)
query.awaitTermination()
seconds = time.perf_counter() - start
messages = spark.read.parquet(str(folder / "data")).count()
size = sum(file.stat().st_size for file in (folder / "data").glob("*.parquet"))
print(json.dumps({"messages": messages, "seconds": seconds, "bytes": size}))
