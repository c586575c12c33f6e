# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The credential for AWX, method by method: what it puts into a job reaches the cloud."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from ansible_collections.huaweicloud.ims.plugins.module_utils._cloud import credentials
from ansible_collections.huaweicloud.ims.plugins.module_utils._front.task import (
    TaskOptions,
    run_task,
)
from ansible_collections.huaweicloud.ims.plugins.module_utils._images.operations import listing
from ansible_collections.huaweicloud.ims.plugins.module_utils._images.operations.arguments import (
    image_info,
)
from ansible_collections.huaweicloud.ims.tests.leaks import leaks
from ansible_collections.huaweicloud.ims.tests.system.awx import (
    Injected,
    Json,
    injected,
    variables_of,
)
from ansible_collections.huaweicloud.ims.tests.system.awx_answers import (
    FIELDS,
    Inputs,
    keys_of,
    place_of,
)
from ansible_collections.huaweicloud.ims.tests.system.certificates import Authority
from ansible_collections.huaweicloud.ims.tests.system.served import served, simulated


def _user(facts: Inputs) -> Json:
    return {name: facts[name] for name in ("username", "password", "domain_name")}


def _user_by_id(facts: Inputs) -> Json:
    return {"user_id": facts["others"]["user_id"], "password": facts["password"]}


def _agency(facts: Inputs) -> Json:
    agency = facts["others"]["agency"]
    return {name: agency[name] for name in ("agency_name", "agency_domain_name", "project_id")}


def _clouds_yaml(facts: Inputs) -> Json:
    entry = {
        "auth": {**_user(facts), "auth_url": facts["auth_url"]},
        "region_name": facts["region"],
    }
    text = yaml.safe_dump({"clouds": {"sim": entry, "other": {}}})
    return {"clouds_yaml": text, "cloud": "sim"}


METHODS: dict[str, tuple[Callable[[Inputs], Json], str]] = {
    "access key": (keys_of, "environment HW_ACCESS_KEY and HW_SECRET_KEY"),
    "temporary key": (
        lambda facts: facts["others"]["temporary"],
        "environment HW_ACCESS_KEY, HW_SECRET_KEY and a security token",
    ),
    "password": (_user, "environment HW_USER_NAME and HW_USER_PASSWORD"),
    "password, by id": (_user_by_id, "environment HW_USER_ID and HW_USER_PASSWORD"),
    "clouds.yaml": (_clouds_yaml, "entry sim of "),
    "key and agency": (
        lambda facts: {**keys_of(facts), **_agency(facts)},
        "environment HW_ACCESS_KEY and HW_SECRET_KEY, agency image-builder of partner-company",
    ),
    "password and agency": (
        lambda facts: {**_user(facts), **_agency(facts)},
        "environment HW_USER_NAME and HW_USER_PASSWORD, agency image-builder of partner-company",
    ),
    "clouds.yaml and agency": (
        lambda facts: {**_clouds_yaml(facts), **_agency(facts)},
        "entry sim of ",
    ),
    "metadata": (lambda facts: {}, "the metadata of this instance"),
    "metadata and agency": (_agency, "the metadata of this instance, agency image-builder"),
}


def _listed(injection: Injected) -> Json:
    """Images, listed by a task in a job with this credential: as its playbook passes the variables
    on, those that are empty not at all."""
    given = {name: value for name, value in variables_of(injection).items() if value}
    if "endpoints" in given:
        given["endpoints"] = json.loads(given["endpoints"])
    defaults = {name: spec.get("default") for name, spec in image_info.ARGUMENTS.items()}
    options = TaskOptions(
        environ={**injection.environ, "HOME": "/nowhere"},
        on_secret=lambda _secret: None,
        verbosity=1,
    )
    return run_task({**defaults, **given}, options, image_info.check, listing.run)


@pytest.mark.parametrize("method", METHODS)
def test_each_method_of_the_credential_reaches_the_cloud(tmp_path: Path, method: str) -> None:
    inputs, source = METHODS[method]
    with served(simulated()) as facts:
        injection = injected({**place_of(facts), **inputs(facts)}, tmp_path)

        result = _listed(injection)

    assert not result.get("failed"), result["msg"]
    assert result["notes"][0].startswith(f"Credentials: {source}")
    assert ("agency" in method) == ("agency image-builder" in result["notes"][0])


def test_a_token_is_a_method_too(tmp_path: Path) -> None:
    inputs = {"auth_token": "a-ready-token-0123456789", "region": "eu-de"}

    environ = injected(inputs, tmp_path).environ

    selection = credentials.select_credentials({}, {**environ, "HOME": "/nowhere"}, "")
    assert selection.source == "environment HW_AUTH_TOKEN"
    assert selection.settings["region"] == "eu-de"


def test_secrets_reach_the_job_but_not_what_awx_shows_of_it(tmp_path: Path) -> None:
    secrets = {
        name: f"secret-{name}-0123456789" for name, field in FIELDS.items() if field.get("secret")
    }

    injection = injected(secrets, tmp_path)

    assert leaks(json.dumps(dict(injection.shown)), set(secrets.values())) == []
    assert injection.environ["HW_SECRET_KEY"] == secrets["secret_key"]
    assert Path(injection.environ["OS_CLIENT_CONFIG_FILE"]).read_text() == secrets["clouds_yaml"]
    assert Path(variables_of(injection)["client_key"]).read_text() == secrets["client_key"]


def test_inputs_that_are_not_answered_leave_nothing_but_empty_variables(tmp_path: Path) -> None:
    injection = injected({}, tmp_path)

    assert set(injection.environ.values()) == {""}
    assert set(variables_of(injection).values()) == {""}


def test_certificates_of_the_credential_are_used(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    with served(simulated(), tls=authority.server("127.0.0.1")) as facts:
        inputs = {**place_of(facts), **keys_of(facts)}
        bundle = Path(authority.bundle).read_text()

        unknown = _listed(injected(inputs, tmp_path / "unknown"))
        trusted = _listed(injected({**inputs, "ca_cert": bundle}, tmp_path / "trusted"))
        unchecked = _listed(injected({**inputs, "insecure": True}, tmp_path / "unchecked"))

    assert "no TLS connection" in unknown["msg"]
    assert trusted["images"]
    assert unchecked["images"]
