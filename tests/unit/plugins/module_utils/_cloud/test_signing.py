# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The test vectors were computed with the signer of huaweicloudsdkcore 3.1.219."""

from __future__ import annotations

import calendar
import hashlib
import time

import pytest
from ansible_collections.huaweicloud.ims.plugins.module_utils._cloud import signing
from ansible_collections.huaweicloud.ims.plugins.module_utils._cloud.signing import Keys
from ansible_collections.huaweicloud.ims.plugins.module_utils._cloud.wire import Call, query_string

ACCESS_KEY = "AKEXAMPLE0000000TEST"
SECRET_KEY = "SKexample/0123456789abcdefghijklmnopqrst"
KEYS = Keys(ACCESS_KEY, SECRET_KEY)
NOW = calendar.timegm(time.strptime("20260102T030405Z", "%Y%m%dT%H%M%SZ"))
PROJECT = "0605767b9b1234567890abcdef123456"
GET_WITH_QUERY = Call(
    service="ims",
    method="GET",
    base="https://ims.eu-west-101.myhuaweicloud.eu",
    path="/v2/cloudimages",
    query=query_string(
        {"name": "my image~1", "__imagetype": "private", "limit": 2, "protected": False}
    ),
    project_id=PROJECT,
)
POST_WITH_TEMPORARY_KEY = Call(
    service="ims",
    method="POST",
    base="https://ims.cn-north-4.myhuaweicloud.com",
    path="/v1/cloudimages/wholeimages/action",
    headers={"Content-Type": "application/json"},
    body=(
        b'{"name":"web-01","instance_id":"877a2cda-ba63-4e1e-b95f-e67e48b6129a",'
        b'"vault_id":"de9fcf45-11b2-432c-8562-5c5428574600"}'
    ),
    project_id=PROJECT,
)
PATCH_WITH_UTF8 = Call(
    service="ims",
    method="PATCH",
    base="https://ims.eu-de.otc.t-systems.com",
    path="/v2/cloudimages/33ad552d-1149-471c-8190-ff6776174a00",
    headers={"Content-Type": "application/json;charset=UTF-8"},
    body='[{"op":"replace","path":"/name","value":"büro-镜像"}]'.encode(),
)
POST_WITH_ODD_PATH_AND_PORT = Call(
    service="ims",
    method="POST",
    base="http://127.0.0.1:8080",
    path="/v2/p/images/a b/tags:x",
    query=query_string({"b": ["2", "1"], "a": ""}),
    headers={"Content-Type": "application/json", "X-Domain-Id": "d0"},
)
VECTORS = {
    "query": (
        GET_WITH_QUERY,
        KEYS,
        "4b24cd6c81dbbc6fc0e5aafa8edcfe270dbd61df5ba6dee3726033bacad5656a",
        "host;x-project-id;x-sdk-date",
        "f9680bad1a4a8a7a4815589b818e4690b98b0e31228339e595acd9dd07c4f9b3",
    ),
    "temporary key": (
        POST_WITH_TEMPORARY_KEY,
        Keys(ACCESS_KEY, SECRET_KEY, "tok-abc123=="),
        "b0b3bd85675915d7eb5a5f9cb7d2c2c3fe0792d7ab08e62282f5280df167a674",
        "content-type;host;x-project-id;x-sdk-date;x-security-token",
        "ac60d1a32a8de52fb119b4b750c50f7ce78ed4e3f7257ef0841dc76a2d3cd25a",
    ),
    "utf-8": (
        PATCH_WITH_UTF8,
        KEYS,
        "c09b90c1d6c08c186659a4c511cc9f164c54de1b1c5081d1818b5832f8916fb1",
        "content-type;host;x-sdk-date",
        "3161ec648e098a6901f86594d99bdce26b6e44ee472117ab821e36785f7d1feb",
    ),
    "odd path and port": (
        POST_WITH_ODD_PATH_AND_PORT,
        KEYS,
        "fa7c01ae1a3a318bdd6137de9fadf75e844d872dc21c47b4772ef789682b248c",
        "content-type;host;x-domain-id;x-sdk-date",
        "df8b6ee946ce8d8f05c6fb0917260ccff89644374d094f04f621d8ff6f15b3da",
    ),
}


def canonical(call: Call, keys: Keys = KEYS) -> tuple[str, str]:
    headers = signing.sign(call, keys, NOW)
    del headers["Authorization"]
    return signing.canonical_request(call.method, call.full_path, call.query, headers, call.body)


@pytest.mark.parametrize(
    ("call", "keys", "digest", "names", "signature"), VECTORS.values(), ids=VECTORS.keys()
)
def test_signature_is_that_of_the_vendors_sdk(
    call: Call, keys: Keys, digest: str, names: str, signature: str
) -> None:
    headers = signing.sign(call, keys, NOW)

    assert hashlib.sha256(canonical(call, keys)[0].encode()).hexdigest() == digest
    assert headers["X-Sdk-Date"] == "20260102T030405Z"
    assert headers["Authorization"] == (
        f"SDK-HMAC-SHA256 Access={ACCESS_KEY}, SignedHeaders={names}, Signature={signature}"
    )


def test_the_query_on_the_wire_is_the_signed_one() -> None:
    assert GET_WITH_QUERY.url == (
        "https://ims.eu-west-101.myhuaweicloud.eu/v2/cloudimages"
        "?__imagetype=private&limit=2&name=my%20image~1&protected=false"
    )


def test_headers_with_an_underscore_are_not_signed() -> None:
    headers = {"Host": "h", "X_Odd": "1"}
    assert signing.canonical_request("GET", "/", "", headers, b"")[1] == "host"


def test_secrets_are_not_in_the_representation_of_keys() -> None:
    text = repr(Keys("AK", "the-secret", "the-token"))
    assert "the-secret" not in text
    assert "the-token" not in text
