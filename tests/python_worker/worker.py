"""A worker for the farm, written from docs/PROTOCOL.md and farm.proto alone: slow, plain, and right to the last bit.

    worker.py --broker-port 1883 --id python-1 --stubs DIR

DIR holds farm_pb2.py and farm_pb2_grpc.py, as grpc_tools.protoc makes them from proto/cineswarm/v1/farm.proto.
"""

import argparse
import json
import math
import queue
import signal
import socket
import sys
import threading
import time
import uuid

import grpc
import paho.mqtt.client as mqtt

PROTOCOL = 1
HEARTBEAT_S = 2.0
LARGEST_MESSAGE = 64 << 20
DRAIN_S = 5.0


def now_ms():
    return time.time_ns() // 1_000_000


def unpack(deltas):
    """Film ids from their packed form: the first one, then differences."""
    film, films = 0, []
    for delta in deltas:
        film += delta
        films.append(film)
    return films


def pack(films):
    return [film - before for before, film in zip([0, *films], films)]


def neighbours(shards, query):
    """(similarity, user, overlap, dot, ratings) of the nearest users, the nearest first."""
    profile = dict(zip(query["movie_ids"], query["half_stars"]))
    options = query.get("options") or {}
    least = max(1, options.get("min_overlap") or 0)
    shrink = options.get("shrink") or 0
    norm = sum(rating * rating for rating in profile.values())
    found = []
    for shard in shards:
        for user, ratings in shard.items():
            if user == options.get("exclude_user"):
                continue
            common = profile.keys() & ratings.keys()
            overlap = len(common)
            if overlap < least:
                continue
            dot = sum(profile[film] * ratings[film] for film in common)
            similarity = dot / math.sqrt(float(norm * sum(rating * rating for rating in ratings.values())))
            if shrink > 0:
                similarity *= overlap / (overlap + shrink)
            found.append((similarity, user, overlap, dot, ratings))
    found.sort(key=lambda one: (-one[0], one[1]))
    return found[: query["k"]]


class Worker:
    """All state belongs to the main thread; MQTT's and the fetching thread only put events into its queue."""

    def __init__(self, options, farm, farm_grpc):
        self.farm, self.farm_grpc = farm, farm_grpc
        self.id, self.prefix = options.id, options.prefix
        self.incarnation = str(uuid.uuid4())
        self.events = queue.Queue()
        self.stubs = {}
        self.epoch = None
        self.sequence = 0
        self.assignment_epoch = None
        self.dataset_version = ""
        self.assigned = []
        self.shards = {}
        self.state = "idle"
        self.tasks_done = 0
        self.client = mqtt.Client(
            mqtt.CallbackAPIVersion.VERSION2, client_id=self.id, protocol=mqtt.MQTTv5
        )
        self.client.will_set(f"{self.prefix}/workers/status", json.dumps(self.status("offline")), qos=1)
        self.client.reconnect_delay_set(min_delay=1, max_delay=5)
        self.client.on_connect = self.subscribe
        self.client.on_subscribe = self.subscribed
        self.client.on_message = lambda _client, _data, message: self.events.put((message.topic, message.payload))
        self.client.connect_async("127.0.0.1", options.broker_port, keepalive=5)
        self.client.loop_start()

    # What is said.

    def subscribe(self, client, _data, _flags, reason, _properties):
        if reason.is_failure:
            print(f"the broker refused the connection: {reason}", flush=True)
            return
        own = f"{self.prefix}/workers/{self.id}"
        client.subscribe([(topic, 1) for topic in (f"{self.prefix}/master/status", f"{own}/tasks", f"{own}/control")])

    def subscribed(self, _client, _data, _message, granted, _properties):
        if any(code.is_failure for code in granted):
            print(f"the broker refused a subscription: {granted}", flush=True)
            return
        self.events.put(("connected", None))

    def status(self, state):
        return {
            "worker_id": self.id,
            "state": state,
            "incarnation": self.incarnation,
            "dataset_version": self.dataset_version,
            "shards": [] if state == "offline" else sorted(self.shards),
            "tasks_done": self.tasks_done,
            "timestamp": now_ms(),
        }

    def say_status(self):
        payload = json.dumps(self.status(self.state))
        self.client.publish(f"{self.prefix}/workers/status", payload, qos=1)
        return self.client.publish(f"{self.prefix}/workers/{self.id}/status", payload, qos=1, retain=True)

    def log(self, message, request_id=None):
        print(message, flush=True)
        line = {"timestamp": now_ms(), "source": self.id, "level": "info", "message": message}
        if request_id:
            line["request_id"] = request_id
        self.client.publish(f"{self.prefix}/logs", json.dumps(line), qos=0)

    # What is heard.

    def run(self):
        leave_at = None
        said_at = time.monotonic()
        while leave_at is None or (time.monotonic() < leave_at and self.epoch and self.assigned):
            try:
                topic, payload = self.events.get(timeout=max(0.0, said_at + HEARTBEAT_S - time.monotonic()))
            except queue.Empty:
                said_at = time.monotonic()
                self.say_status()
                continue
            if topic == "connected":
                self.epoch = None
                self.say_status()
            elif topic == "fetched":
                self.take(*payload)
            elif topic == "stop" or (topic.endswith("/control") and json.loads(payload)["order"] == "drain"):
                self.state = "draining"
                self.say_status()
                leave_at = time.monotonic() + DRAIN_S
            elif topic == f"{self.prefix}/master/status":
                self.meet(json.loads(payload))
            elif topic.endswith("/control"):
                self.obey(json.loads(payload))
            elif topic.endswith("/tasks"):
                self.compute(json.loads(payload), time.monotonic())
        self.state = "offline"
        self.say_status().wait_for_publish(1.0)
        self.client.disconnect()
        self.client.loop_stop()

    def meet(self, master):
        if not master["online"]:
            if master["epoch"] == self.epoch:
                self.epoch = None
            return
        if master["epoch"] == self.epoch:
            return
        if master["protocol"] != PROTOCOL:
            self.log(f"the master speaks protocol {master['protocol']}, this worker {PROTOCOL}")
            return
        self.epoch = master["epoch"]
        self.register()
        self.log(f"registered with master {self.epoch}")

    def register(self):
        registration = {
            "worker_id": self.id,
            "epoch": self.epoch,
            "slots": 1,
            "version": "python",
            "protocol": PROTOCOL,
            "host": socket.gethostname(),
            "dataset_version": self.dataset_version,
            "shards": sorted(self.shards),
            "timestamp": now_ms(),
        }
        self.client.publish(f"{self.prefix}/workers/register", json.dumps(registration), qos=1)

    def obey(self, control):
        if control.get("epoch") != self.epoch:
            return
        if control["order"] == "register":
            self.register()
        if control["order"] != "assign_shards":
            return
        if self.assignment_epoch == self.epoch and control["sequence"] <= self.sequence:
            return
        self.assignment_epoch, self.sequence = self.epoch, control["sequence"]
        if control["dataset_version"] != self.dataset_version:
            self.shards = {}
            self.dataset_version = control["dataset_version"]
        self.assigned = control["shards"]
        self.shards = {shard: users for shard, users in self.shards.items() if shard in self.assigned}
        self.say_status()
        missing = [shard for shard in self.assigned if shard not in self.shards]
        fetching = (control["grpc_endpoint"], self.dataset_version, missing, (self.epoch, self.sequence))
        threading.Thread(target=self.fetch_all, args=fetching, daemon=True).start()

    # The master's gRPC.

    def stub(self, endpoint):
        if endpoint not in self.stubs:
            options = [
                ("grpc.max_receive_message_length", LARGEST_MESSAGE),
                ("grpc.max_send_message_length", LARGEST_MESSAGE),
                ("grpc.keepalive_time_ms", 15_000),
            ]
            channel = grpc.insecure_channel(endpoint.removeprefix("http://"), options)
            self.stubs[endpoint] = self.farm_grpc.FarmStub(channel)
        return self.stubs[endpoint]

    def fetch_all(self, endpoint, version, shards, order):
        for shard in shards:
            users, sequence, pause = {}, 0, 0.1
            while (self.assignment_epoch, self.sequence) == order:
                request = self.farm.FetchShardRequest(
                    worker_id=self.id, dataset_version=version, shard=shard, from_sequence=sequence
                )
                try:
                    complete = False
                    for chunk in self.stub(endpoint).FetchShard(request, timeout=30):
                        if chunk.sequence != sequence:
                            raise ValueError(f"chunk {chunk.sequence} came where {sequence} was due")
                        start = 0
                        for user, count in zip(chunk.user_ids, chunk.rating_counts):
                            films = unpack(chunk.movie_id_deltas[start : start + count])
                            users[user] = dict(zip(films, chunk.half_stars[start : start + count]))
                            start += count
                        sequence += 1
                        complete = chunk.last
                    if complete:
                        self.events.put(("fetched", (version, shard, users)))
                        break
                except grpc.RpcError as error:
                    print(f"fetching shard {shard}: {error.code()}; again in {pause} s", flush=True)
                time.sleep(pause)
                pause = min(5.0, pause * 2)

    def take(self, version, shard, users):
        if version == self.dataset_version and shard in self.assigned:
            self.shards[shard] = users
            self.say_status()

    def compute(self, task, received_at):
        wanted = task["shards"]
        unfit = task["dataset_version"] != self.dataset_version or any(shard not in self.shards for shard in wanted)
        if task["worker_id"] != self.id or unfit:
            self.say_status()
            return
        if self.state == "idle":
            self.state = "busy"
            self.say_status()
        started = time.perf_counter()
        results = []
        for query in task["queries"]:
            result = self.farm.QueryResult(query_id=query["query_id"])
            for similarity, user, overlap, dot, ratings in neighbours([self.shards[one] for one in wanted], query):
                films = sorted(ratings) if task.get("with_ratings", True) else []
                result.neighbours.add(
                    user_id=user,
                    similarity=similarity,
                    overlap=overlap,
                    dot=dot,
                    movie_id_deltas=pack(films),
                    half_stars=bytes(ratings[film] for film in films),
                )
            results.append(result)
        took_ms = (time.perf_counter() - started) * 1e3
        self.log(f"task {task['task_id']}: computed in {took_ms:.2f} ms", task["request_id"])
        self.submit(
            task["grpc_endpoint"],
            self.farm.TaskResult(
                worker_id=self.id,
                session_id=task["session_id"],
                original_query=task["query"],
                request_id=task["request_id"],
                task_id=task["task_id"],
                attempt=task["attempt"],
                shards=wanted,
                results=results,
                processing_time_ms=took_ms,
                query_timestamp_ms=task["timestamp"],
                completion_timestamp_ms=now_ms(),
            ),
            received_at + task["lease_ms"] / 1e3,
        )
        self.tasks_done += 1
        if self.state == "busy":
            self.state = "idle"
        self.say_status()

    def submit(self, endpoint, result, deadline):
        may_pass = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.RESOURCE_EXHAUSTED, grpc.StatusCode.UNKNOWN)
        pause = 0.02
        while time.monotonic() < deadline:
            try:
                self.stub(endpoint).SubmitResult(result, timeout=deadline - time.monotonic())
                return
            except grpc.RpcError as error:
                print(f"task {result.task_id} was not taken: {error.code()}: {error.details()}", flush=True)
                if error.code() not in may_pass:
                    return
            time.sleep(pause)
            pause = min(0.5, pause * 2)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--broker-port", type=int, default=1883)
    parser.add_argument("--id", required=True)
    parser.add_argument("--prefix", default="cineswarm")
    parser.add_argument("--stubs", required=True)
    options = parser.parse_args()
    sys.path.insert(0, options.stubs)
    import farm_pb2
    import farm_pb2_grpc

    worker = Worker(options, farm_pb2, farm_pb2_grpc)
    signal.signal(signal.SIGTERM, lambda *_: worker.events.put(("stop", None)))
    worker.run()


if __name__ == "__main__":
    main()
