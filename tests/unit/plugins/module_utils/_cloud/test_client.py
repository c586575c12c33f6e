# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is sent, what is sent again, how long it is waited, and what comes back."""

from __future__ import annotations

from typing import Any

import pytest
import requests
from ansible_collections.huaweicloud.ims.plugins.module_utils._cloud import errors
from ansible_collections.huaweicloud.ims.plugins.module_utils._cloud.clock import Deadline
from ansible_collections.huaweicloud.ims.plugins.module_utils._cloud.wire import Repeat
from urllib3.exceptions import MaxRetryError, NewConnectionError, ProtocolError

from .fake import (
    PROJECT,
    FakeClock,
    Reply,
    Seen,
    Talk,
    Unsent,
    ok,
    refused,
    throttled,
)

PATH = "/v2/cloudimages"


def reset() -> requests.ConnectionError:
    return requests.ConnectionError(
        ProtocolError("Connection aborted.", ConnectionResetError(104, "Connection reset by peer"))
    )


def unreachable() -> requests.ConnectionError:
    pool: Any = None
    cause = NewConnectionError(pool, "Failed to establish a new connection: refused")
    return requests.ConnectionError(MaxRetryError(pool, PATH, cause))


def untrusted() -> Unsent:
    return Unsent(requests.exceptions.SSLError("[SSL: CERTIFICATE_VERIFY_FAILED] self-signed"))


def get(talk: Talk) -> Any:
    return talk.client.request("ims", "GET", PATH).json


def create(talk: Talk) -> Any:
    path = "/v1/cloudimages/wholeimages/action"
    return talk.client.request("ims", "POST", path, body={"name": "a"}, promised="job_id").json


# --- requests and answers


def test_a_request_carries_query_body_and_the_project() -> None:
    talk = Talk([ok({"a": 1})])
    answer = talk.client.request(
        "evs",
        "POST",
        "/v3/{project_id}/x",
        query={"q": "a b"},
        body={"n": "ü"},
        headers={"X-A": "1"},
    )

    (seen,) = talk.cloud.seen
    assert answer.json == {"a": 1}
    assert seen.url == f"https://evs.eu-de.otc.t-systems.com/v3/{PROJECT}/x?q=a%20b"
    assert seen.json == {"n": "ü"}
    assert seen.headers["X-Project-Id"] == PROJECT
    assert seen.headers["X-A"] == "1"
    assert seen.headers["Content-Type"] == "application/json"


def test_an_answer_without_body_has_no_json() -> None:
    talk = Talk([Reply(204)])
    assert talk.client.request("ims", "DELETE", "/v2/images/1").json is None


@pytest.mark.parametrize("body", [b"<html>", b'{"images": [', b'{"other": 1}', b"[]", b""])
def test_a_read_is_repeated_when_the_answer_is_garbled(body: bytes) -> None:
    talk = Talk([Reply(200, body), ok({"images": []})])
    answer = talk.client.request("ims", "GET", PATH, promised="images")
    assert answer.json == {"images": []}
    assert len(talk.cloud.seen) == 2


def test_a_create_with_a_garbled_answer_is_ambiguous_and_not_repeated() -> None:
    talk = Talk([Reply(200, b"{}", {"X-Request-Id": "r-1"})])
    with pytest.raises(errors.GarbledAnswer, match="job_id") as caught:
        create(talk)
    assert caught.value.ambiguous
    assert caught.value.request_id == "r-1"
    assert len(talk.cloud.seen) == 1


def test_redirections_are_refused_and_name_the_target_without_its_secrets() -> None:
    talk = Talk([Reply(302, b"", {"Location": "https://evil.example.com/login?token=abc"})])
    with pytest.raises(errors.ConfigurationError, match=r"https://evil\.example\.com;") as caught:
        get(talk)
    assert "abc" not in str(caught.value)
    assert len(talk.cloud.seen) == 1


def test_pages_are_read_until_there_is_no_next_one() -> None:
    talk = Talk([ok({"images": [{"id": "1"}]}), ok({"images": [{"id": "2"}]}), ok({"images": []})])
    pages = talk.client.pages(
        "ims",
        PATH,
        {"limit": 1},
        "images",
        lambda answer, items: {"marker": items[-1]["id"]} if items else None,
    )
    assert [item["id"] for item in pages] == ["1", "2"]
    assert [seen.query.get("marker") for seen in talk.cloud.seen] == [None, "1", "2"]
    assert {seen.query["limit"] for seen in talk.cloud.seen} == {"1"}


# --- repetition

PROVES_NOTHING_WAS_DONE = {
    "never connected": unreachable,
    "connect timeout": requests.ConnectTimeout,
    "proxy": lambda: Unsent(requests.exceptions.ProxyError("Cannot connect to proxy.")),
    "throttled": throttled,
    "too many tasks": lambda: refused(400, "IMG.0060"),
    "too many copies": lambda: refused(400, "IMG.0149"),
    "server has a task": lambda: refused(400, "IMG.0010"),
    "server is backed up": lambda: refused(400, "IMG.0136"),
    "disk is busy": lambda: refused(409, "EVS.2409"),
    "too much at once": lambda: refused(413, "X.1", Retry_After="1"),
    "busy, by a status of trouble": lambda: refused(503, "IMG.0060"),
    "throttled by a page": lambda: Reply(429, b"<html>"),
}
# After the first byte was sent, what a GET repeats as well.
AMBIGUOUS = {
    "reset": reset,
    "read timeout": requests.ReadTimeout,
    "broken while reading": lambda: requests.exceptions.ChunkedEncodingError("broken"),
    "500": lambda: refused(500, "IMG.0014"),
    "502": lambda: Reply(502, b"<html>"),
    "503": lambda: refused(503),
    "a login page": lambda: Reply(200, b"<html>"),
    "no page": lambda: Reply(200, b""),
    "1xx": lambda: Reply(103, b"{}"),
    "no HTTP": lambda: ValueError("read length must be non-negative or -1"),
    "no text": lambda: UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte"),
    "TLS": lambda: requests.exceptions.SSLError("[SSL: CERTIFICATE_VERIFY_FAILED]"),
    "proxy that breaks": lambda: requests.exceptions.ProxyError("Cannot connect to proxy."),
}
# The same, but asking once more is of no use.
AMBIGUOUS_AND_FINAL = {
    "408": lambda: refused(408, "X.1"),
    "425": lambda: refused(425, "X.1"),
    "499": lambda: refused(499, "X.1"),
    "300": lambda: Reply(300, {"error": {"code": "X.1", "message": "m"}}),
    "303": lambda: Reply(303, b"", {"Location": "/elsewhere"}),
    "304": lambda: Reply(304, b""),
    "307": lambda: Reply(307, b"", {"Location": "https://elsewhere.example.com"}),
    "a page, 400": lambda: Reply(400, b"<html>bad</html>"),
    "nothing, 403": lambda: Reply(403, b""),
    "a page, 404": lambda: Reply(404, b"<html>Not Found</html>"),
    "text, 405": lambda: Reply(405, b"no"),
    "an unknown shape, 409": lambda: Reply(409, {"unheard": "of"}),
    "a list, 400": lambda: Reply(400, [1, 2]),
    "a page, 413": lambda: Reply(413, b"<html>", {"Retry-After": "1"}),
    "beyond all, 600": lambda: Reply(600, b""),
}
FINAL = {
    "bad request": (lambda: refused(400, "IMG.0002"), errors.BadRequest),
    "forbidden": (lambda: refused(403), errors.Forbidden),
    "not found": (lambda: refused(404), errors.NotFound),
    "conflict": (lambda: refused(409, "EVS.1111"), errors.ApiError),
    "too large": (lambda: refused(413), errors.ApiError),
    "untrusted": (untrusted, errors.TransportError),
    "bad signature": (lambda: refused(401, "APIGW.0301"), errors.Unauthorized),
}


@pytest.mark.parametrize(
    "failure", PROVES_NOTHING_WAS_DONE.values(), ids=PROVES_NOTHING_WAS_DONE.keys()
)
def test_a_create_is_repeated_when_nothing_was_done(failure: Any) -> None:
    talk = Talk([failure(), failure(), ok({"job_id": "j"})])
    assert create(talk) == {"job_id": "j"}
    assert len(talk.cloud.seen) == 3
    assert len(talk.waits) == 2


@pytest.mark.parametrize(
    "failure",
    [*AMBIGUOUS.values(), *AMBIGUOUS_AND_FINAL.values()],
    ids=[*AMBIGUOUS.keys(), *AMBIGUOUS_AND_FINAL.keys()],
)
def test_a_create_is_never_repeated_when_it_may_have_been_done(failure: Any) -> None:
    talk = Talk([failure()])
    with pytest.raises(errors.CloudError) as caught:
        create(talk)
    assert caught.value.ambiguous
    assert len(talk.cloud.seen) == 1


@pytest.mark.parametrize(
    "failure",
    [*PROVES_NOTHING_WAS_DONE.values(), *AMBIGUOUS.values()],
    ids=[*PROVES_NOTHING_WAS_DONE.keys(), *AMBIGUOUS.keys()],
)
@pytest.mark.parametrize("repeat", [Repeat.BY_METHOD, Repeat.SAFE])
def test_what_can_be_repeated_is_repeated_after_every_passing_trouble(
    failure: Any, repeat: Repeat
) -> None:
    talk = Talk([failure(), failure(), ok({"images": []})])
    method = "GET" if repeat is Repeat.BY_METHOD else "PATCH"
    answer = talk.client.request("ims", method, PATH, repeat=repeat, promised="images")
    assert answer.json == {"images": []}
    assert len(talk.cloud.seen) == 3


@pytest.mark.parametrize("failure", AMBIGUOUS.values(), ids=AMBIGUOUS.keys())
@pytest.mark.parametrize("method", ["GET", "DELETE", "PATCH"])
def test_only_a_request_that_writes_is_ambiguous(failure: Any, method: str) -> None:
    talk = Talk(lambda seen: failure())
    talk.client.deadline = Deadline(talk.clock, 40)
    with pytest.raises(errors.CloudError) as caught:
        talk.client.request("ims", method, PATH, promised="images", repeat=Repeat.SAFE)
    assert caught.value.ambiguous is (method != "GET")


def test_an_error_that_nobody_has_thought_of_is_ambiguous() -> None:
    class New(errors.CloudError):
        pass

    assert New("?").ambiguous
    assert errors.may_have_been_executed(New("?"))


@pytest.mark.parametrize(
    "useless", [b"<html>", b'{"images": null}', b'{"images": {}}', b'{"images": 7}']
)
def test_a_useless_answer_is_asked_for_five_times(useless: bytes) -> None:
    talk = Talk(lambda seen: Reply(200, useless))
    talk.client.deadline = Deadline(talk.clock, 7200)
    with pytest.raises(errors.GarbledAnswer):
        talk.client.request("ims", "GET", PATH, promised="images", kind=list)
    assert len(talk.cloud.seen) == 5
    assert talk.clock.slept == [1, 2, 4, 8]


def test_only_useless_answers_in_a_row_end_a_request() -> None:
    useless = [Reply(200, b"<html>") for _turn in range(4)]
    talk = Talk([*useless, refused(503), *useless, ok({"images": []})])
    answer = talk.client.request("ims", "GET", PATH, promised="images")
    assert answer.json == {"images": []}


@pytest.mark.parametrize("target", ["http://[", "//[x]/", "http://a]b/", "\xff\xfe", ""])
def test_a_redirection_to_no_address_is_still_reported_as_one(target: str) -> None:
    talk = Talk([Reply(302, b"", {"Location": target})])
    with pytest.raises(errors.ConfigurationError, match="redirects to"):
        get(talk)


@pytest.mark.parametrize(("failure", "kind"), FINAL.values(), ids=FINAL.keys())
@pytest.mark.parametrize("send", [get, create])
def test_what_will_not_pass_by_itself_is_raised_at_once(
    send: Any, failure: Any, kind: type[errors.CloudError]
) -> None:
    talk = Talk([failure()])
    with pytest.raises(kind) as caught:
        send(talk)
    assert not caught.value.ambiguous
    assert len(talk.cloud.seen) == 1
    assert talk.waits == []


def test_never_means_once() -> None:
    talk = Talk([throttled()])
    with pytest.raises(errors.Throttled):
        talk.client.request("ims", "GET", PATH, repeat=Repeat.NEVER)
    assert len(talk.cloud.seen) == 1


def test_a_host_that_never_answered_is_given_up_after_some_tries() -> None:
    talk = Talk(lambda seen: unreachable())
    with pytest.raises(errors.TransportError, match="cannot be reached") as caught:
        get(talk)
    assert len(talk.cloud.seen) == 5
    assert "endpoints" in caught.value.hint


def test_a_host_that_has_answered_is_tried_until_the_deadline() -> None:
    replies: list[Any] = [ok()]
    talk = Talk(lambda seen: replies.pop() if replies else unreachable())
    get(talk)
    with pytest.raises(errors.TimeBudgetExceeded):
        get(talk)
    assert len(talk.cloud.seen) > 10


# --- pauses and the time budget


def test_pauses_grow_up_to_a_limit() -> None:
    talk = Talk([*(refused(503) for _turn in range(8)), ok()])
    get(talk)
    assert talk.clock.slept == [1, 2, 4, 8, 16, 30, 30, 30]


def test_throttling_is_backed_off_from_for_real() -> None:
    talk = Talk([*(throttled() for _turn in range(6)), ok()])
    get(talk)
    assert talk.clock.slept == [5, 10, 20, 40, 60, 60]


def test_pauses_are_spread() -> None:
    talk = Talk([refused(503), refused(503), ok()])
    values = [0.0, 1.0]
    talk.client._random = lambda: values.pop(0)
    get(talk)
    assert talk.clock.slept == [0.75, 2.5]


@pytest.mark.parametrize("status", [429, 413])
def test_retry_after_is_honoured(status: int) -> None:
    talk = Talk([refused(status, "X.1", Retry_After="17"), ok({"job_id": "j"})])
    create(talk)
    assert talk.clock.slept == [17.5]


def test_each_pause_is_announced_with_its_reason() -> None:
    talk = Talk([refused(400, "IMG.0060", "five copies already"), throttled(), reset(), ok()])
    talk.client.request("ims", "GET", PATH)
    messages = [message for message, _seconds in talk.waits]
    assert messages == [
        "the cloud is busy (400 IMG.0060 five copies already)",
        "the cloud limits requests (429 APIGW.0308 too many requests)",
        "the connection to ims.eu-de.otc.t-systems.com broke: Connection reset by peer",
    ]
    assert [seconds for _message, seconds in talk.waits] == talk.clock.slept


def test_without_a_deadline_a_request_has_five_minutes() -> None:
    talk = Talk(lambda seen: refused(503, "IMG.0014", "down"))
    with pytest.raises(errors.TimeBudgetExceeded, match=r"300 s.*IMG\.0014: down") as caught:
        get(talk)
    assert isinstance(caught.value.last, errors.ServerError)
    assert 298 <= sum(talk.clock.slept) <= 300


def test_a_turn_is_waited_for_inside_the_deadline_only() -> None:
    talk = Talk(lambda seen: refused(400, "IMG.0060"))
    talk.client.deadline = Deadline(talk.clock, 1000)
    with pytest.raises(errors.TimeBudgetExceeded) as caught:
        create(talk)
    assert not caught.value.ambiguous
    assert 998 <= sum(talk.clock.slept) <= 1000


def test_it_does_not_sleep_when_the_cloud_wants_more_than_is_left() -> None:
    talk = Talk([throttled(Retry_After="60")])
    talk.client.deadline = Deadline(talk.clock, 30)
    with pytest.raises(errors.TimeBudgetExceeded):
        get(talk)
    assert talk.clock.slept == []


def test_nothing_is_sent_after_the_deadline() -> None:
    talk = Talk([])
    talk.client.deadline = Deadline(talk.clock, 10)
    talk.clock.sleep(10)
    with pytest.raises(errors.TimeBudgetExceeded) as caught:
        create(talk)
    assert talk.cloud.seen == []
    assert not caught.value.ambiguous


@pytest.mark.parametrize(("left", "timeout"), [(None, 60), (20, 20), (0.25, 1)])
def test_an_answer_is_not_waited_for_beyond_the_deadline(
    left: float | None, timeout: float
) -> None:
    talk = Talk([ok()])
    if left is not None:
        talk.client.deadline = Deadline(talk.clock, left)
    get(talk)
    assert talk.cloud.seen[0].kwargs["timeout"] == (min(10, timeout), timeout)


def test_a_deadline_counts_down_to_zero() -> None:
    clock = FakeClock()
    deadline = Deadline(clock, 5)
    clock.sleep(2)
    assert (deadline.left(), deadline.passed()) == (3, False)
    clock.sleep(9)
    assert (deadline.left(), deadline.passed()) == (0, True)


# --- the project


def projects(*pairs: tuple[str, str]) -> Reply:
    found = [{"id": identity, "name": name} for identity, name in pairs]
    return ok({"projects": found, "links": {}})


NO_PROJECT = {"access_key": "a", "secret_key": "s", "region": "eu-de"}


def test_the_project_is_found_by_the_name_of_the_region_once() -> None:
    talk = Talk([projects(("p1", "eu-de")), ok(), ok()], NO_PROJECT)
    get(talk)
    get(talk)
    assert talk.cloud.lines == ["GET /v3/projects", f"GET {PATH}", f"GET {PATH}"]
    assert talk.cloud.seen[0].host == "iam.eu-de.otc.t-systems.com"
    assert talk.cloud.seen[0].query == {"name": "eu-de"}
    assert "X-Project-Id" not in talk.cloud.seen[0].headers
    assert talk.cloud.seen[1].headers["X-Project-Id"] == "p1"
    assert talk.client.project_id == "p1"


def test_the_project_is_found_by_its_own_name() -> None:
    talk = Talk([projects(("p2", "eu-de_web"))], {**NO_PROJECT, "project_name": "eu-de_web"})
    assert talk.client.project_id == "p2"
    assert talk.cloud.seen[0].query == {"name": "eu-de_web"}


def test_a_given_project_id_needs_no_question() -> None:
    talk = Talk([ok()])
    get(talk)
    assert talk.cloud.lines == [f"GET {PATH}"]


def test_a_missing_project_is_reported_with_those_that_exist() -> None:
    talk = Talk(
        [projects(), projects(("p1", "eu-de"), ("p2", "MOS"))], {**NO_PROJECT, "project_name": "x"}
    )
    with pytest.raises(errors.ConfigurationError, match=r"no project 'x'.*MOS, eu-de"):
        get(talk)


def test_a_missing_project_is_reported_even_if_nobody_may_see_the_others() -> None:
    talk = Talk([projects(), refused(403)], {**NO_PROJECT, "project_name": "x"})
    with pytest.raises(errors.ConfigurationError, match="no project 'x' for these credentials"):
        get(talk)


def test_several_projects_of_a_name_are_reported_with_their_ids() -> None:
    talk = Talk([projects(("p1", "eu-de"), ("p2", "eu-de"))], NO_PROJECT)
    with pytest.raises(errors.ConfigurationError, match="p1, p2"):
        get(talk)


def test_a_project_with_a_similar_name_is_another_project() -> None:
    talk = Talk([projects(("p1", "eu-de"), ("p2", "eu-de_web"))], NO_PROJECT)
    assert talk.client.project_id == "p1"


def test_trouble_with_iam_leaves_no_doubt_about_the_create() -> None:
    talk = Talk(lambda seen: refused(503), NO_PROJECT)
    with pytest.raises(errors.TimeBudgetExceeded) as caught:
        create(talk)
    assert not caught.value.ambiguous
    assert set(talk.cloud.lines) == {"GET /v3/projects"}


# --- time


HALF_AN_HOUR_AGO = "Fri, 15 Jan 2027 07:30:00 GMT"  # the fake clock says 08:00:00
A_MOMENT_AGO = "Fri, 15 Jan 2027 07:59:51 GMT"


@pytest.mark.parametrize("status", [401, 403])
@pytest.mark.parametrize(
    ("words", "date", "told", "is_cause"),
    [
        ("request time 20270115T080000Z expired", HALF_AN_HOUR_AGO, True, True),
        ("the value of x-sdk-date is out of range", HALF_AN_HOUR_AGO, True, True),
        ("verify aksk signature fail", HALF_AN_HOUR_AGO, True, False),
        ("the project does not exist", HALF_AN_HOUR_AGO, False, False),
        ("Policy doesn't allow ims:images:update", HALF_AN_HOUR_AGO, False, False),
        ("request time 20270115T080000Z expired", A_MOMENT_AGO, False, False),
        ("verify aksk signature fail", A_MOMENT_AGO, False, False),
    ],
)
def test_the_clock_is_blamed_if_the_refusal_speaks_of_it_and_it_is_far_off(
    status: int, words: str, date: str, told: bool, is_cause: bool
) -> None:
    talk = Talk([refused(status, "APIGW.0301", words, Date=date)])
    with pytest.raises(errors.ApiError) as caught:
        get(talk)
    assert ("30 minutes ahead of" in caught.value.hint) == told
    assert ("clock" in caught.value.hint) == told
    assert caught.value.hint.startswith("This machine's clock") == is_cause


def test_a_signature_refused_on_time_is_not_blamed_on_the_clock() -> None:
    talk = Talk([refused(401, "APIGW.0301", Date="Fri, 15 Jan 2027 08:00:09 GMT")])
    with pytest.raises(errors.Unauthorized) as caught:
        get(talk)
    assert "access key" in caught.value.hint


def test_a_token_that_is_refused_is_not_blamed_on_the_clock() -> None:
    options = {"auth_token": "given", "region": "eu-de", "project_id": PROJECT}
    refusal = refused(401, "APIGW.0301", Date="Fri, 15 Jan 2027 07:30:00 GMT")
    talk = Talk(lambda seen: refusal, options)
    with pytest.raises(errors.Unauthorized) as caught:
        get(talk)
    assert "seconds" not in caught.value.hint


def test_cloud_time_follows_the_date_of_the_last_answer() -> None:
    talk = Talk([ok(Date="Fri, 02 Jan 2026 03:04:05 GMT")])
    assert talk.client.cloud_time().isoformat() == "2027-01-15T08:00:00+00:00"
    get(talk)
    talk.clock.sleep(10)
    assert talk.client.cloud_time().isoformat() == "2026-01-02T03:04:15+00:00"


def test_the_date_of_an_answer_out_of_a_cache_is_not_the_clouds_time() -> None:
    cached = ok(Date="Fri, 02 Jan 2026 03:04:05 GMT", Age="3600")
    talk = Talk([ok(Date="Fri, 02 Jan 2026 04:04:05 GMT", Age="0"), cached])
    get(talk)
    get(talk)
    assert talk.client.cloud_time().isoformat() == "2026-01-02T04:04:05+00:00"


def test_the_metadata_service_does_not_tell_the_clouds_time() -> None:
    talk = Talk([ok(Date="Fri, 02 Jan 2026 03:04:05 GMT")])
    talk.client.ping("metadata")
    assert talk.client.seconds_ahead() is None


# --- what is told


def test_one_line_is_logged_for_each_request_without_values() -> None:
    def answer(seen: Seen) -> Reply:
        talk.clock.sleep(0.035)
        return ok({"images": []}, **{"X-Request-Id": "r-7"})

    talk = Talk(answer)
    talk.client.request("ims", "GET", PATH, query={"name": "secret name", "owner": PROJECT})
    assert talk.logged == [
        "GET ims.eu-de.otc.t-systems.com/v2/cloudimages?name,owner -> 200 in 35 ms, request id r-7"
    ]


def test_failed_requests_are_logged_with_the_reason() -> None:
    talk = Talk([reset()])
    with pytest.raises(errors.TransportError):
        create(talk)
    assert "Connection reset by peer" in talk.logged[0]


def test_the_client_tells_who_and_where_it_is() -> None:
    client = Talk([]).client
    assert client.region == "eu-de"
    assert client.auth_source == "options access_key and secret_key"
    assert client.censor("AKEXAMPLE sk-very-secret") == "******** ********"
