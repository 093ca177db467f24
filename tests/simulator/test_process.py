"""The simulator as a process: where it refuses to run, what a restart keeps, and what it makes of broken HTTP."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from twilio.rest import Client

from tests.simulator.conftest import ACCOUNT_SID, AUTH_TOKEN, DEADLINE_SECONDS, RedirectedClient
from tests.support.simulator import SimulatorProcess

ROOT = Path(__file__).resolve().parents[2]
OWN, PERSON, SERVICE = "+15125550100", "+15125550142", "MG" + "d" * 32
LIVE = {
    "TWILIO_ACCOUNT_SID": "AC" + "0123456789abcdef" * 2,
    "TWILIO_AUTH_TOKEN": "0123456789abcdef" * 2,
    "SENDGRID_API_KEY": "SG.abcdefghijklmnopqrstuv.abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG",
}
OWN_CREDENTIALS = {"TWILIO_ACCOUNT_SID": ACCOUNT_SID, "TWILIO_AUTH_TOKEN": AUTH_TOKEN, "SENDGRID_API_KEY": "SG.simulator"}


def start(folder, *arguments, **environment):
    """Start the simulator in a folder, with nothing of a credential but what is given."""
    clean = {name: value for name, value in os.environ.items() if name not in LIVE}
    return subprocess.Popen(
        [sys.executable, "-m", "servicepro.simulator", "--port", "0", *arguments],
        cwd=folder, env=clean | {"PYTHONPATH": str(ROOT)} | environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def refusal(process):
    """Return exit code and error output of a process that ends by itself."""
    said, complained = process.communicate(timeout=DEADLINE_SECONDS)
    assert said == ""
    return process.returncode, complained


@pytest.fixture
def state(tmp_path):
    """Run the simulator on a folder that survives it; each call of the result starts it again."""
    running = []

    def run():
        while running:
            running.pop().stop()
        running.append(SimulatorProcess(tmp_path))
        running[-1].faults(callbacks="off")
        return running[-1]

    yield run
    for process in running:
        process.stop()


def text(simulator, body="Hello", **named):
    client = Client(ACCOUNT_SID, AUTH_TOKEN, http_client=RedirectedClient(simulator.base_url))
    return client.messages.create(**{"to": PERSON, "from_": OWN, "body": body, **named})


@pytest.mark.parametrize(("name", "place"), [*((name, "environment") for name in LIVE), ("SENDGRID_API_KEY", "file")])
def test_beside_live_credentials_it_ends_with_one_line_that_names_the_setting_only(tmp_path, name, place):
    if place == "file":
        (tmp_path / ".env").write_text(f"{name}={LIVE[name]}\n")
    process = start(tmp_path, **({name: LIVE[name]} if place == "environment" else {}))
    assert refusal(process) == (2, f"The simulator does not run beside live credentials: unset {name} first.\n")


def test_a_local_address_excuses_no_live_account(tmp_path):
    process = start(tmp_path, TWILIO_ACCOUNT_SID=LIVE["TWILIO_ACCOUNT_SID"], TWILIO_API_BASE_URL="http://127.0.0.1:8010")
    assert refusal(process)[0] == 2


@pytest.mark.parametrize("environment", [{}, OWN_CREDENTIALS, dict.fromkeys(LIVE, "")])
def test_it_runs_beside_its_own_credentials_and_ends_cleanly(tmp_path, environment):
    process = start(tmp_path, **environment)
    assert process.stdout.readline().startswith("simulator on http://127.0.0.1:")
    process.terminate()
    assert refusal(process) == (0, "")


def test_a_blank_in_the_environment_outdoes_the_file(tmp_path):
    (tmp_path / ".env").write_text("".join(f"{name}={value}\n" for name, value in LIVE.items()))
    process = start(tmp_path, **dict.fromkeys(LIVE, ""))
    assert process.stdout.readline().startswith("simulator on")
    process.terminate()
    assert process.wait(DEADLINE_SECONDS) == 0
    process.communicate()


def test_a_busy_port_is_one_clear_line(tmp_path, server):
    port = server.base_url.rpartition(":")[2]
    code, line = refusal(start(tmp_path, "--port", port))
    assert code == 1 and line.startswith(f"Port {port} is busy: set SIMULATOR_PORT to another one.") and line.count("\n") == 1


def test_a_restart_forgets_nothing(state, doors):
    simulator = state()
    simulator.control("POST", "numbers", {"number": OWN, "inboundUrl": doors.url("/in"), "serviceSid": SERVICE})
    sid = text(simulator, "Grüße 🙂 \u2028 <b>").sid
    simulator.control("POST", "inbound", {"from": PERSON, "to": OWN, "body": "STOP"})
    key = simulator.control("GET", "sendgrid-public-key")
    shown = simulator.control("GET", "messages")
    simulator = state()
    assert simulator.control("GET", "messages") == shown and shown["texts"][0]["sid"] == sid
    assert simulator.control("GET", "sendgrid-public-key") == key
    with pytest.raises(Exception, match="unsubscribed recipient"):
        text(simulator, from_=None, messaging_service_sid=SERVICE)
    simulator.control("POST", "inbound", {"from": PERSON, "to": OWN, "body": "hi"})
    assert [call.form["Body"] for call in doors.at("/in")] == ["STOP", "hi"]


def test_a_reset_forgets_messages_and_blocks_but_not_the_set_up(state, doors):
    simulator = state()
    simulator.control("POST", "numbers", {"number": OWN, "inboundUrl": doors.url("/in"), "serviceSid": SERVICE})
    simulator.control("POST", "inbound", {"from": PERSON, "to": OWN, "body": "STOP"})
    simulator.control("POST", "reset")
    assert simulator.control("GET", "messages") == {"texts": [], "emails": []}
    simulator = state()
    assert simulator.control("GET", "messages") == {"texts": [], "emails": []}
    simulator.control("POST", "inbound", {"from": PERSON, "to": OWN, "body": "hi"})
    assert doors.at("/in")[1].form["MessagingServiceSid"] == SERVICE and text(simulator).sid


def test_a_torn_last_line_costs_only_itself(state, tmp_path):
    (tmp_path / "journal.jsonl").write_text('["block", ["+15125550142", "+15125550100"]]\n["text", {"to": "+1512')
    sid = text(state(), from_="+15125550101").sid
    simulator = state()
    assert [shown["sid"] for shown in simulator.texts()] == [sid]
    with pytest.raises(Exception, match="unsubscribed recipient"):
        text(simulator)


def test_a_senseless_set_up_is_refused_and_not_kept(state):
    simulator = state()
    for payload in ({}, {"number": OWN}, [], 5, None):
        with pytest.raises(Exception, match="400"):
            simulator.control("POST", "numbers", payload)
    assert text(state()).sid


def test_lean_counts_and_keeps_nothing():
    simulator = SimulatorProcess(is_lean=True)
    try:
        for _turn in range(3):
            text(simulator)
        text(simulator, to="+15125550143")
        assert simulator.stats() == {"texts": 4, "emails": 0, "most": 3, "addresses": 2} and simulator.texts() == []
    finally:
        simulator.stop()


def test_the_counts_tell_a_repeat(server):
    server.faults(callbacks="off")
    for to in (PERSON, PERSON, "+15125550143"):
        text(server, to=to)
    server.control("POST", "inbound", {"from": PERSON, "to": OWN, "body": "help"})
    counts = {"texts": 3, "phones": 2, "mostTextsToOnePhone": 2, "emails": 0, "mailboxes": 0, "mostEmailsToOneMailbox": 0}
    assert server.stats() == counts


@pytest.fixture
def line(server):
    """A bare connection."""
    host, port = server.base_url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=DEADLINE_SECONDS) as made:
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        yield made


def read_to_end(line):
    """Return what comes until the other side closes."""
    parts = []
    while part := line.recv(65_536):
        parts.append(part)
    return b"".join(parts).decode()


def test_a_request_may_arrive_in_pieces(server, line):
    request = b"GET /control/messages?to=%2B15125550142 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    text(server)
    for index in range(len(request)):
        line.sendall(request[index : index + 1])
    head, _, body = read_to_end(line).partition("\r\n\r\n")
    assert head.startswith("HTTP/1.1 200 OK") and [shown["to"] for shown in json.loads(body)["texts"]] == [PERSON]


def test_answers_keep_the_order_of_their_requests_however_long_one_takes(server, line):
    server.faults(latencyMs=50)
    slow = b"POST /sendgrid/v3/mail/send HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer SG.simulator\r\nContent-Length: %d\r\n\r\n%s"
    person = {"to": [{"email": "p@example.com"}], "subject": "s"}
    body = {"personalizations": [person], "from": {"email": "us@shop.example"}, "content": [{"type": "text/plain", "value": "x"}]}
    data = json.dumps(body).encode()
    line.sendall(slow % (len(data), data) + b"GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    said = read_to_end(line)
    assert 0 <= said.index("202 Accepted") < said.index("200 OK")


def test_what_is_not_http_closes_the_line_and_hurts_nobody_else(server, line, browser):
    line.sendall(b"\x16\x03\x01 this is no HTTP\r\n\r\n")
    assert read_to_end(line) == ""
    assert browser.get(f"{server.base_url}/health").text == "ok"
