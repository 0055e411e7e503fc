"""Clients of the Streamlit app: they speak its websocket protocol and read the tables that it sends.

usage: client.py URL CLIENTS SECONDS

A latency runs from the timestamp of a reading to the receipt of the first table that contains it. Prints
the quantiles over all readings of all clients as JSON.
"""

import asyncio
import json
import sys
import time

import pyarrow as pa
import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

WARM_UP_S = 10


def tables(message):
    """The Arrow tables in a protobuf message, wherever they are."""
    for field, value in message.ListFields():
        for item in value if field.is_repeated else [value]:
            if field.type == field.TYPE_MESSAGE and hasattr(item, "ListFields"):
                yield from tables(item)
            elif field.type == field.TYPE_BYTES and item:
                yield pa.ipc.open_stream(item).read_all()


class Client:
    def __init__(self, url, measured_from):
        self.url = url
        self.measured_from = measured_from
        self.newest = {}
        self.latencies = []
        self.timers = {}
        self.page = ""

    async def run(self):
        async with websockets.connect(self.url, subprotocols=["streamlit"], max_size=None) as socket:
            start = BackMsg()
            start.rerun_script.SetInParent()
            await socket.send(start.SerializeToString())
            async for data in socket:
                received_ms = time.time() * 1000
                message = ForwardMsg.FromString(data)
                kind = message.WhichOneof("type")
                if kind == "new_session":
                    self.page = message.new_session.page_script_hash
                elif kind == "auto_rerun":
                    self.repeat(socket, message.auto_rerun)
                elif kind == "delta":
                    self.receive(message.delta, received_ms)

    def repeat(self, socket, auto_rerun):
        """Starts the timer of a fragment, as the page does."""
        if auto_rerun.fragment_id not in self.timers:
            timer = self.rerun(socket, auto_rerun.fragment_id, auto_rerun.interval)
            self.timers[auto_rerun.fragment_id] = asyncio.create_task(timer)

    async def rerun(self, socket, fragment_id, interval_s):
        while True:
            await asyncio.sleep(interval_s)
            message = BackMsg()
            message.rerun_script.fragment_id = fragment_id
            message.rerun_script.page_script_hash = self.page
            message.rerun_script.is_auto_rerun = True
            await socket.send(message.SerializeToString())

    def receive(self, delta, received_ms):
        for table in tables(delta):
            if "timestamp" not in table.column_names:
                continue
            for patient, created_ms in zip(table["patient_id"].to_pylist(), table["timestamp"].to_pylist()):
                if created_ms is None or created_ms <= self.newest.get(patient, 0):
                    continue
                self.newest[patient] = created_ms
                if received_ms >= self.measured_from:
                    self.latencies.append(received_ms - created_ms)


async def main(url, number, seconds):
    measured_from = (time.time() + WARM_UP_S) * 1000
    clients = [Client(url, measured_from) for _ in range(number)]
    running = [asyncio.create_task(client.run()) for client in clients]
    # A client ends only if it fails.
    done, _ = await asyncio.wait(running, timeout=WARM_UP_S + seconds, return_when=asyncio.FIRST_COMPLETED)
    for task in done:
        task.result()
        raise SystemExit("a stream has ended")
    latencies = sorted(latency for client in clients for latency in client.latencies)
    parts = (50, 95, 99) if latencies else ()
    quantiles = {f"p{part}_ms": latencies[len(latencies) * part // 100] for part in parts}
    print(json.dumps({"readings": len(latencies), **quantiles}))


asyncio.run(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
