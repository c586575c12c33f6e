# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What every request meets: ids, limits, faults, the journal."""

from __future__ import annotations

import io
import json
from email.utils import parsedate_to_datetime
from typing import Any

import pytest
import requests
from ansible_collections.huaweicloud.ims.tests.samples import IMAGE
from ansible_collections.huaweicloud.ims.tests.simulator import ManualClock, Simulator
from urllib3.exceptions import MaxRetryError

from .client import BODY, IMPORT, URL, Client, code_of, password_request, signed

QUOTA = "/v1/cloudimages/quota"


def rule(cloud: Client, **text: Any) -> None:
    cloud.simulator.faults({"rules": [text]})


def made(cloud: Client) -> int:
    """How many images of the name there are in truth."""
    return sum(image["name"] == "new" for image in cloud.simulator.state()["images"])


def test_every_answer_has_an_id_and_the_clouds_time(cloud: Client, clock: ManualClock) -> None:
    answer = cloud.call("GET", QUOTA)

    assert len(answer.headers["X-Request-Id"]) == 32
    assert parsedate_to_datetime(answer.headers["Date"]).timestamp() == clock.now()
    login = cloud.session.post(URL + "/v3/auth/tokens", json={})
    assert login.headers["X-IAM-Trace-Id"]


def test_an_unpublished_path_is_a_404_of_the_gateway(cloud: Client) -> None:
    assert cloud.refused("GET", "/v9/nothing") == (404, "APIGW.0101")
    assert cloud.refused("DELETE", QUOTA) == (404, "APIGW.0101")


# --- limits


def test_a_user_has_200_calls_of_an_api_per_five_minutes(cloud: Client, clock: ManualClock) -> None:
    for _count in range(200):
        assert cloud.call("GET", QUOTA).status_code == 200
    answer = cloud.call("GET", QUOTA)
    assert (answer.status_code, code_of(answer)) == (429, "APIGW.0308")
    assert "Retry-After" not in answer.headers
    assert cloud.call("GET", "/v1/cloudimages/os_version").status_code == 200

    clock.advance(300)
    assert cloud.call("GET", QUOTA).status_code == 200


def test_another_user_has_a_limit_of_his_own(cloud: Client) -> None:
    cloud.simulator.faults({"switches": {"rate_limit": 1}})
    cloud.ok("GET", QUOTA)
    assert cloud.refused("GET", QUOTA)[0] == 429
    cloud.simulator.faults({"switches": {"rate_limit": None}})
    cloud.login(**cloud.facts["others"]["reader"])
    cloud.simulator.faults({"switches": {"rate_limit": 1}})
    assert cloud.call("GET", QUOTA).status_code == 200


def test_latency_varies_by_a_half(clock: ManualClock) -> None:
    cloud = Client(Simulator(clock, latency=100), clock)
    took = []
    for _count in range(20):
        begin = clock.now()
        cloud.ok("GET", QUOTA)
        took.append(clock.now() - begin)

    assert 0.05 <= min(took) < max(took) <= 0.15


# --- the journal


def test_the_journal_tells_what_was_asked(cloud: Client, clock: ManualClock) -> None:
    cloud.call("GET", "/v2/cloudimages?name=a&tag=x&tag=y")
    cloud.call("POST", IMPORT, BODY)
    listed, posted = cloud.simulator.requests[-2:]

    assert (listed["method"], listed["path"], listed["status"]) == ("GET", "/v2/cloudimages", 200)
    assert listed["query"] == {"name": "a", "tag": ["x", "y"]}
    assert (posted["body"], posted["service"], posted["credential"]) == (BODY, "ims", "main")
    assert posted["time"] == clock.now()


def test_the_journal_and_its_file_hold_no_secret(clock: ManualClock) -> None:
    log = io.StringIO()
    cloud = Client(Simulator(clock, seed=5, log=log), clock)
    token = str(cloud.session.headers["X-Auth-Token"])
    bought = {"auth": {"identity": {"methods": ["token"], "token": {"id": token}}}}
    keys = cloud.ok("POST", "/v3.0/OS-CREDENTIAL/securitytokens", bought)["credential"]
    cloud.session.post(URL + "/v3/auth/tokens", data=f"password={cloud.facts['password']}")
    cloud.call("GET", QUOTA)

    state = cloud.simulator.state()
    told = json.dumps(cloud.simulator.requests) + json.dumps(state) + log.getvalue()
    secrets = [cloud.facts["password"], cloud.facts["secret_key"], token, *keys.values()]
    secrets.remove(keys["expires_at"])
    assert [secret for secret in secrets if secret in told] == []
    assert len(log.getvalue().splitlines()) == len(cloud.simulator.requests) == 4


def test_steering_is_not_in_the_journal_and_not_limited(cloud: Client) -> None:
    cloud.simulator.faults({"switches": {"rate_limit": 1}, "rules": [{"action": "drop"}]})
    before = len(cloud.simulator.requests)
    for _count in range(3):
        answer = cloud.session.get(URL + "/_sim/requests")
        assert answer.status_code == 200

    assert len(cloud.simulator.requests) == before


def test_a_reset_restores_everything_but_the_clock(cloud: Client, clock: ManualClock) -> None:
    initial = {**cloud.simulator.state(), "now": None}
    cloud.simulator.faults({"switches": {"image_quota": 1}, "rules": [{"action": "truncate"}]})
    cloud.simulator.reset()
    assert {**cloud.simulator.state(), "now": None} == initial
    cloud.login()
    cloud.ok("DELETE", f"/v2/images/{IMAGE}")
    clock.advance(100)

    cloud.session.post(URL + "/_sim/reset", json={"seed": 7, "tame": True})

    state = cloud.simulator.state()
    assert (state["seed"], state["switches"]["list_delay"]) == (7, [0, 0])
    assert len(state["images"]) == len(initial["images"])
    assert cloud.simulator.requests == []
    assert state["now"] == clock.now()


# --- switches


def test_unknown_switches_values_and_rules_are_refused_loudly(cloud: Client) -> None:
    mistakes: list[dict[str, Any]] = [
        {"switches": {"unknown": 1}},
        {"switches": {"job_unknown_answer": "500"}},
        {"switches": {"disputed": "maybe"}},
        {"rules": [{"action": "explode"}]},
        {"rules": [{"action": "drop", "stauts": 1}]},
        {"rule": []},
    ]
    for wrong in mistakes:
        answer = cloud.session.post(URL + "/_sim/faults", json=wrong)
        assert answer.status_code == 400
        assert answer.json()["error"]


def test_a_seed_draws_the_disputed_switches(cloud: Client) -> None:
    drawn = []
    for seed in (1, 1, 2, 3):
        cloud.simulator.reset(seed=seed)
        cloud.simulator.faults({"switches": {"disputed": "seeded", "list_next": "next"}})
        drawn.append(cloud.simulator.state()["switches"])

    assert drawn[0] == drawn[1]
    assert drawn[0] != drawn[2] != drawn[3]
    assert {switches["list_next"] for switches in drawn} == {"next"}
    assert {switches["image_quota"] for switches in drawn} == {50}
    cloud.simulator.faults({"switches": {"disputed": "default"}})
    assert cloud.simulator.state()["switches"]["list_next"] == "none"


# --- rules: which request, how often


def statuses(cloud: Client, count: int, method: str = "GET", path: str = QUOTA) -> list[int]:
    return [cloud.call(method, path).status_code for _count in range(count)]


@pytest.mark.parametrize(
    ("when", "struck"),
    [
        ({}, [503, 503, 503, 503]),
        ({"times": 2}, [503, 503, 200, 200]),
        ({"nth": 3}, [200, 200, 503, 200]),
        ({"after": 1}, [200, 503, 503, 503]),
        ({"after": 1, "times": 1}, [200, 503, 200, 200]),
        ({"after": 1, "nth": 2}, [200, 200, 503, 200]),
        ({"probability": 0}, [200, 200, 200, 200]),
        ({"method": "POST"}, [200, 200, 200, 200]),
        ({"method": "get"}, [503, 503, 503, 503]),
        ({"path": "^/v1/.*quota$"}, [503, 503, 503, 503]),
        ({"path": "^/v2/"}, [200, 200, 200, 200]),
        ({"service": "ims"}, [503, 503, 503, 503]),
        ({"service": "evs"}, [200, 200, 200, 200]),
        ({"credential": "main"}, [503, 503, 503, 503]),
        ({"credential": "reader"}, [200, 200, 200, 200]),
        ({"body": "name"}, [200, 200, 200, 200]),
    ],
)
def test_rules_strike_what_they_match(
    cloud: Client, when: dict[str, Any], struck: list[int]
) -> None:
    rule(cloud, action="answer", status=503, **when)

    assert statuses(cloud, 4) == struck


def test_chances_are_drawn_from_the_seed(cloud: Client) -> None:
    rule(cloud, action="answer", status=503, probability=0.5)
    first = statuses(cloud, 30)

    assert {200, 503} == set(first)


def test_the_journal_names_the_fault(cloud: Client) -> None:
    rule(cloud, action="answer", status=503, name="outage")
    cloud.call("GET", QUOTA)

    entry = cloud.simulator.requests[-1]
    assert (entry["fault"], entry["status"]) == (["outage"], 503)


# --- rules: what happens


@pytest.mark.parametrize(
    ("shape", "body"),
    [
        ("error", {"error": {"code": "X.1", "message": "m"}}),
        ("swapped", {"error": {"code": "m", "message": "X.1"}}),
        ("cbr", {"error_code": "X.1", "error_msg": "m"}),
        ("flat", {"code": "X.1", "message": "m"}),
        ("camel", {"errorCode": "X.1", "errorMsg": "m"}),
        ("nova", {"conflictingRequest": {"code": 409, "message": "m"}}),
        ("keystone", {"error": {"code": 409, "message": "m", "title": "Conflict"}}),
    ],
)
def test_errors_come_in_every_shape(cloud: Client, shape: str, body: dict[str, Any]) -> None:
    rule(cloud, action="answer", status=409, code="X.1", message="m", shape=shape)

    answer = cloud.call("GET", QUOTA)

    assert (answer.status_code, answer.json()) == (409, body)


def test_errors_of_the_gateway_carry_the_request_id(cloud: Client) -> None:
    for shape in ("gateway", "encoded"):
        rule(cloud, action="answer", shape=shape, times=1)
        answer = cloud.call("GET", QUOTA)
        assert answer.json()["request_id"] == answer.headers["X-Request-Id"]
    assert answer.json()["encoded_authorization_message"]


@pytest.mark.parametrize(("shape", "start"), [("html", "<html>"), ("text", "m"), ("empty", "")])
def test_errors_need_not_be_json(cloud: Client, shape: str, start: str) -> None:
    rule(cloud, action="answer", status=502, message="m", shape=shape, headers={"X-A": 1})

    answer = cloud.call("GET", QUOTA)

    assert answer.status_code == 502
    assert answer.text.startswith(start)
    assert answer.headers["X-A"] == "1"


def test_throttling_with_and_without_a_hint(cloud: Client) -> None:
    rule(cloud, action="throttle", retry_after=7, times=1)
    rule(cloud, action="throttle", times=1)
    hinted, plain = cloud.call("POST", IMPORT, BODY), cloud.call("POST", IMPORT, BODY)

    assert (hinted.status_code, hinted.headers["Retry-After"]) == (429, "7")
    assert (plain.status_code, "Retry-After" in plain.headers) == (429, False)
    assert made(cloud) == 0


def test_a_redirect_leads_to_another_host(cloud: Client) -> None:
    rule(cloud, action="redirect", location="http://127.0.0.1:9/elsewhere")

    answer = cloud.call("GET", QUOTA, allow_redirects=False)

    assert (answer.status_code, answer.headers["Location"]) == (302, "http://127.0.0.1:9/elsewhere")


def test_the_clock_of_the_gateway_can_be_wrong(cloud: Client, clock: ManualClock) -> None:
    cloud.session.headers.pop("X-Auth-Token")
    headers = signed(cloud.facts, clock, "GET", QUOTA)
    rule(cloud, action="skew", seconds=1000, times=1)

    assert cloud.call("GET", QUOTA, headers=headers).status_code == 401
    assert cloud.call("GET", QUOTA, headers=headers).status_code == 200
    cloud.simulator.faults({"switches": {"clock_skew": -1000}})
    answer = cloud.call("GET", QUOTA, headers=headers)
    assert answer.status_code == 401
    assert parsedate_to_datetime(answer.headers["Date"]).timestamp() == clock.now() - 1000


def test_the_date_of_answers_can_be_wrong_though_the_clock_is_right(
    cloud: Client, clock: ManualClock
) -> None:
    cloud.simulator.faults({"switches": {"date_skew": 86400}})
    answer = cloud.call("GET", QUOTA)
    assert answer.status_code == 200
    assert parsedate_to_datetime(answer.headers["Date"]).timestamp() == clock.now() + 86400

    cloud.simulator.faults({"switches": {"date_skew": None}})
    assert "Date" not in cloud.call("GET", QUOTA).headers


def test_pages_can_be_forced_small(cloud: Client) -> None:
    rule(cloud, action="page", size=2, times=1)

    assert len(cloud.images("limit=10")) == 2
    cloud.simulator.faults({"switches": {"page_size": 3}})
    assert len(cloud.images("limit=10")) == 3


def test_an_answer_can_be_an_error_though_the_work_was_done(cloud: Client) -> None:
    rule(cloud, action="answer", status=503, handled=True)

    assert cloud.call("POST", IMPORT, BODY).status_code == 503
    assert made(cloud) == 1


def test_garbage_instead_of_json(cloud: Client) -> None:
    rule(cloud, action="garbage")

    answer = cloud.call("POST", IMPORT, BODY)

    assert (answer.status_code, answer.text[:6]) == (200, "<html>")
    assert made(cloud) == 1


# --- rules: connections (in process)

# The rule, and how many images are created all the same.
BROKEN: dict[str, tuple[dict[str, Any], int]] = {
    "closed before the work": ({"action": "drop"}, 0),
    "closed after the work": ({"action": "drop", "handled": True}, 1),
    "reset before the work": ({"action": "drop", "how": "reset"}, 0),
    "reset after the work": ({"action": "drop", "how": "reset", "handled": True}, 1),
    "truncated": ({"action": "truncate"}, 1),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_connection_breaks_before_or_after_the_work(cloud: Client, case: str) -> None:
    fault, images = BROKEN[case]
    rule(cloud, **fault)

    kinds = (requests.exceptions.ConnectionError, requests.exceptions.ChunkedEncodingError)
    with pytest.raises(kinds) as broken:
        cloud.call("POST", IMPORT, BODY)

    assert isinstance(broken.value, kinds[case == "truncated"])
    assert ("reset" in str(broken.value)) is case.startswith("reset")
    assert made(cloud) == images


def test_a_refused_connection_was_never_there(cloud: Client) -> None:
    rule(cloud, action="drop", how="refuse")

    with pytest.raises(requests.exceptions.ConnectionError) as refused:
        cloud.call("POST", IMPORT, BODY)

    assert isinstance(refused.value.args[0], MaxRetryError)


@pytest.mark.parametrize("handled", [False, True])
def test_an_answer_that_never_comes_costs_the_clients_patience(
    cloud: Client, clock: ManualClock, handled: bool
) -> None:
    rule(cloud, action="timeout", handled=handled)
    begin = clock.now()

    with pytest.raises(requests.exceptions.ReadTimeout):
        cloud.call("POST", IMPORT, BODY, timeout=(5, 20))

    assert clock.now() - begin == 20
    assert made(cloud) == int(handled)


def test_a_slow_answer_is_waited_for(cloud: Client, clock: ManualClock) -> None:
    rule(cloud, action="slow", seconds=10)
    begin = clock.now()

    assert cloud.call("GET", QUOTA, timeout=20).status_code == 200
    assert clock.now() - begin == 10
    with pytest.raises(requests.exceptions.ReadTimeout):
        cloud.call("GET", QUOTA, timeout=5)


def test_a_connection_that_has_idled_is_stale(cloud: Client, clock: ManualClock) -> None:
    rule(cloud, action="stale")
    assert cloud.call("GET", QUOTA).status_code == 200
    clock.advance(3.5)

    with pytest.raises(requests.exceptions.ConnectionError):
        cloud.call("POST", IMPORT, BODY)

    assert made(cloud) == 0
    assert cloud.call("GET", QUOTA).status_code == 200
    clock.advance(3.5)
    cloud.session.close()
    assert cloud.call("GET", QUOTA).status_code == 200


def test_one_answer_of_a_login_can_be_lost(cloud: Client) -> None:
    rule(cloud, action="drop", handled=True, service="iam", times=1)

    with pytest.raises(requests.exceptions.ConnectionError):
        cloud.session.post(URL + "/v3/auth/tokens", json=password_request(cloud.facts))


def test_steering_that_is_no_json_or_not_there_is_reported_as_such(cloud: Client) -> None:
    assert cloud.session.post(URL + "/_sim/faults", data="{").status_code == 400
    assert cloud.session.get(URL + "/_sim/unknown").status_code == 404
