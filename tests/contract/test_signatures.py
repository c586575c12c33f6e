# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Our signatures are those of the vendor's signer, over many requests of every odd kind.

No simulator is involved: it has a third implementation, which every signed call of the other
tests compares with the vendor's.
"""

from __future__ import annotations

import json
import random
from dataclasses import dataclass
from typing import Any

from ansible_collections.huaweicloud.ims.plugins.module_utils._cloud import signing, wire
from huaweicloudsdkcore.auth.credentials import BasicCredentials
from huaweicloudsdkcore.sdk_request import SdkRequest

REQUESTS = 400
ODD = "az AZ09-_.~!*'();:@&=+$,/?#[]%\"<>|\\^`{}äß镜像\N{PILE OF POO}"
NAMES = "abcxyzABC019_-."
HOSTS = ("ims.eu-de.otc.t-systems.com", "127.0.0.1:8080", "ims.cn-north-4.myhuaweicloud.com")
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD")
CONTENT_TYPES = ("application/json", "application/json;charset=UTF-8")
LAST_SECOND = 4_102_444_800


@dataclass(frozen=True)
class Sample:
    """A request as it was thought of, before anybody has encoded anything."""

    method: str
    host: str
    segments: tuple[str, ...]
    slash: bool
    query: dict[str, Any]
    headers: dict[str, str]
    body: bytes
    keys: signing.Keys
    project_id: str
    now: float


def sample(number: int) -> Sample:
    rng = random.Random(number)

    def text(alphabet: str, least: int, most: int) -> str:
        return "".join(rng.choices(alphabet, k=rng.randint(least, most)))

    def value() -> Any:
        return rng.choice(
            [
                text(ODD, 0, 12),
                [text(ODD, 0, 3) for _turn in range(rng.randint(0, 4))],
                rng.random() < 0.5,
                rng.randint(-5, 5000),
                "",
            ]
        )

    body = rng.choice([None, {"name": text(ODD, 0, 30)}, [{"value": text(ODD, 1, 9)}], {}])
    encoded = b"" if body is None else json.dumps(body, ensure_ascii=rng.random() < 0.3).encode()
    headers = {"User-Agent": f" {text(NAMES, 1, 9)} ", "X-Odd": text("ab  =;,ä镜", 0, 9)}
    if rng.random() < 0.8:
        headers["Content-Type"] = rng.choice(CONTENT_TYPES)
    if rng.random() < 0.2:
        headers["X_Not_Signed"] = "underscores"
    return Sample(
        method=rng.choice(METHODS),
        host=rng.choice(HOSTS),
        segments=tuple("v" + text(ODD, 0, 12) for _turn in range(rng.randint(0, 5))),
        slash=rng.random() < 0.2,
        query={text(NAMES, 1, 6): value() for _turn in range(rng.randint(0, 5))},
        headers=headers,
        body=encoded,
        keys=signing.Keys(
            access_key=text(NAMES, 20, 20),
            secret_key=text(ODD, 1, 40),
            security_token=text(NAMES + "+/=", 10, 90) if rng.random() < 0.4 else "",
        ),
        project_id=rng.choice(["", "0605767b9b1234567890abcdef123456"]),
        now=float(rng.randint(0, LAST_SECOND)),
    )


def our_call(wanted: Sample) -> wire.Call:
    path = "/" + "/".join(wire.segment(segment) for segment in wanted.segments)
    return wire.Call(
        service="ims",
        method=wanted.method,
        base=f"https://{wanted.host}",
        path=path + "/" if wanted.slash and wanted.segments else path,
        query=wire.query_string(wanted.query),
        headers=wanted.headers,
        body=wanted.body,
        project_id=wanted.project_id,
    )


def sdk_request(wanted: Sample) -> SdkRequest:
    # Lists are copied because the SDK's signer sorts them in place.
    query = [(k, list(v) if isinstance(v, list) else v) for k, v in wanted.query.items()]
    return SdkRequest(
        method=wanted.method,
        schema="https",
        host=wanted.host,
        resource_path=our_call(wanted).path,
        query_params=query,
        header_params={**wanted.headers, "X-Sdk-Date": signing.date_text(wanted.now)},
        body=wanted.body,
    )


def sdk_credentials(wanted: Sample) -> BasicCredentials:
    keys = wanted.keys
    credentials = BasicCredentials(keys.access_key, keys.secret_key, wanted.project_id or None)
    return credentials.with_security_token(keys.security_token or None)


def test_signatures_are_those_of_the_vendors_signer() -> None:
    for number in range(REQUESTS):
        wanted = sample(number)

        ours = signing.sign(our_call(wanted), wanted.keys, wanted.now)
        theirs = sdk_credentials(wanted).sign_request(sdk_request(wanted)).header_params

        for name in ("Authorization", "Host", "X-Sdk-Date"):
            assert ours[name] == theirs[name], wanted


def test_urls_on_the_wire_are_those_of_the_vendors_client() -> None:
    for number in range(REQUESTS):
        wanted = sample(number)

        theirs = sdk_credentials(wanted).sign_request(sdk_request(wanted)).url

        assert our_call(wanted).url == theirs, wanted


def test_the_samples_are_as_odd_as_promised() -> None:
    samples = [sample(number) for number in range(REQUESTS)]

    assert {wanted.method for wanted in samples} == set(METHODS)
    assert {wanted.host for wanted in samples} == set(HOSTS)
    assert any(wanted.keys.security_token for wanted in samples)
    assert any(isinstance(v, list) and len(v) > 2 for s in samples for v in s.query.values())
    assert any(value == [] for wanted in samples for value in wanted.query.values())
    assert any("镜".encode() in wanted.body for wanted in samples)
    assert any("镜" in segment for wanted in samples for segment in wanted.segments)
    assert any("/" in segment for wanted in samples for segment in wanted.segments)
