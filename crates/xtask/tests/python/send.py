"""Sends one message, like a small producer in another language.

usage: send.py BOOTSTRAP TOPIC VALUE
"""

import json
import sys

from kafka import KafkaProducer

bootstrap, topic, value = sys.argv[1:]
producer = KafkaProducer(bootstrap_servers=bootstrap)
sent = producer.send(topic, value.encode()).get(timeout=30)
producer.close()
print(json.dumps({"partition": sent.partition, "offset": sent.offset}))
