"""Reads the table of readings with every reader of docs/lake.md.

usage: read_lake.py TABLE [--spark JARS]

JARS is the comma-separated list of delta-spark's jars. Prints a JSON object with the number of
readings, the number of patients and the sum of the offsets for each reader; they must agree.
"""

import json
import os
import sys

TABLE = sys.argv[1]


def with_pandas():
    from deltalake import DeltaTable
    df = DeltaTable(TABLE).to_pandas(filters=[("rejected", "=", False)])
    return len(df), df.patient_id.nunique(), df.kafka_offset.sum()


def with_polars():
    import polars as pl
    df = pl.scan_delta(TABLE).filter(~pl.col("rejected")).collect()
    return df.height, df["patient_id"].n_unique(), df["kafka_offset"].sum()


def with_duckdb():
    import duckdb
    from deltalake import DeltaTable
    lake = DeltaTable(TABLE).to_pyarrow_dataset()
    return duckdb.sql(
        "select count(*), count(distinct patient_id), sum(kafka_offset) from lake where not rejected"
    ).fetchall()[0]


def with_spark():
    from pyspark.sql import SparkSession, functions as f
    spark = (
        SparkSession.builder.master("local[2]")
        .config("spark.jars", sys.argv[3])
        .config("spark.ui.enabled", "false")
        .config("spark.sql.extensions", "io.delta.sql.DeltaSparkSessionExtension")
        .config("spark.sql.catalog.spark_catalog", "org.apache.spark.sql.delta.catalog.DeltaCatalog")
        .getOrCreate()
    )
    df = spark.read.format("delta").load(TABLE).where("not rejected")
    row = df.agg(f.count("*"), f.countDistinct("patient_id"), f.sum("kafka_offset")).first()
    spark.stop()
    return row


readers = [with_pandas, with_polars, with_duckdb]
if "--spark" in sys.argv:
    readers.append(with_spark)
found = {}
for reader in readers:
    rows, patients, offsets = reader()
    name = reader.__name__.removeprefix("with_")
    found[name] = {"rows": int(rows), "patients": int(patients), "offsets": int(offsets)}
print(json.dumps(found), flush=True)
# Arrow's threads may still run when the interpreter exits, which then aborts.
os._exit(0)
