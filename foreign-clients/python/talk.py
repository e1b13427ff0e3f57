"""stomp.py over WebSocket against a server: `talk.py HOST PORT`. Prints `ok NAME` or `not ok NAME: WHY` a check."""

import json
import queue
import sys
import uuid

import stomp

HOST, PORT = sys.argv[1], int(sys.argv[2])
WAIT = 20
# The server beats every 10 s; both sides give up on a partner who is silent for 15 to 20 s.
BEATS = 25


class Inbox(stomp.ConnectionListener):
    def __init__(self):
        self.frames = queue.Queue()
        self.errors = queue.Queue()
        self.receipts = queue.Queue()
        self.connected = queue.Queue()
        self.gone = queue.Queue()

    def on_connected(self, frame):
        self.connected.put(frame)

    def on_message(self, frame):
        self.frames.put(frame)

    def on_error(self, frame):
        self.errors.put(frame)

    def on_receipt(self, frame):
        self.receipts.put(frame.headers["receipt-id"])

    def on_disconnected(self):
        self.gone.put(True)


def connect(user, heartbeats=(0, 0)):
    connection = stomp.WSStompConnection([(HOST, PORT)], ws_path="/ws", heartbeats=heartbeats, reconnect_attempts_max=1)
    inbox = Inbox()
    connection.set_listener("inbox", inbox)
    connection.connect(wait=True, headers={"X-User-Id": user})
    return connection, inbox, inbox.connected.get(timeout=WAIT)


def until(frames, wanted):
    """The first frame for which `wanted` holds; queue.Empty when none comes."""
    while True:
        frame = frames.get(timeout=WAIT)
        if wanted(json.loads(frame.body)):
            return frame


def subscribe(connection, inbox, destination, number, ack="auto"):
    receipt = str(uuid.uuid4())
    connection.subscribe(destination, id=number, ack=ack, headers={"receipt": receipt})
    assert inbox.receipts.get(timeout=WAIT) == receipt


def tells_its_name():
    connection, _, connected = connect("py-name")
    assert connected.headers["version"] == "1.2", connected.headers
    assert connected.headers["user-name"] == "py-name", connected.headers
    connection.disconnect()


def talks_in_the_room():
    connection, inbox, _ = connect("py-talks")
    subscribe(connection, inbox, "/topic/messages", 1)
    text = f"Grüße \U0001f40d: a\\b {uuid.uuid4()}"
    receipt = str(uuid.uuid4())
    connection.send("/app/chat", json.dumps({"content": text}), content_type="application/json", headers={"receipt": receipt})
    assert inbox.receipts.get(timeout=WAIT) == receipt
    frame = until(inbox.frames, lambda body: body["content"] == text)
    assert json.loads(frame.body)["senderId"] == "py-talks"
    assert frame.headers["destination"] == "/topic/messages"
    connection.disconnect()


def acks_a_direct_message():
    sender, confirmations, _ = connect("py-sender")
    subscribe(sender, confirmations, "/user/queue/confirmations", 1)
    reader, inbox, _ = connect("py-reader")
    subscribe(reader, inbox, "/user/queue/messages", 7, ack="client-individual")
    mine = str(uuid.uuid4())
    sender.send("/app/chat.send", json.dumps({"recipientId": "py-reader", "content": "psst", "clientMessageId": mine}))
    until(confirmations.frames, lambda body: body["clientMessageId"] == mine and body["status"] == "SENT")
    frame = until(inbox.frames, lambda body: body.get("clientMessageId") == mine)
    reader.ack(frame.headers["ack"])
    until(confirmations.frames, lambda body: body["clientMessageId"] == mine and body["status"] == "DELIVERED")
    sender.disconnect()
    reader.disconnect()


def commits_a_transaction():
    connection, inbox, _ = connect("py-commits")
    subscribe(connection, inbox, "/topic/messages", 1)
    lines = [f"{n} {uuid.uuid4()}" for n in range(3)]
    transaction = connection.begin()
    for line in lines:
        connection.send("/app/chat", json.dumps({"content": line}), transaction=transaction)
    receipt = str(uuid.uuid4())
    connection.commit(transaction, headers={"receipt": receipt})
    assert inbox.receipts.get(timeout=WAIT) == receipt
    seqs = [json.loads(until(inbox.frames, lambda body, line=line: body["content"] == line).body)["seq"] for line in lines]
    assert seqs == [seqs[0], seqs[0] + 1, seqs[0] + 2], seqs
    connection.disconnect()


def keeps_its_heart_beating():
    connection, inbox, connected = connect("py-beats", heartbeats=(1000, 1000))
    assert connected.headers["heart-beat"] != "0,0", connected.headers
    try:
        inbox.gone.get(timeout=BEATS)
        raise AssertionError("the connection ended although both sides beat")
    except queue.Empty:
        pass
    subscribe(connection, inbox, "/topic/messages", 1)
    connection.disconnect()


def hears_why_it_is_refused():
    connection, inbox, _ = connect("py-nosy")
    connection.subscribe("/user/somebody-else/queue/messages", id=1)
    frame = inbox.errors.get(timeout=WAIT)
    assert frame.headers["message"], frame.headers


CHECKS = [
    tells_its_name,
    talks_in_the_room,
    acks_a_direct_message,
    commits_a_transaction,
    keeps_its_heart_beating,
    hears_why_it_is_refused,
]

failed = False
for check in CHECKS:
    name = check.__name__.replace("_", " ")
    try:
        check()
        print(f"ok {name}", flush=True)
    except Exception as error:  # the report is the purpose
        failed = True
        print(f"not ok {name}: {type(error).__name__} {error}", flush=True)
sys.exit(1 if failed else 0)
