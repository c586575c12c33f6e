# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Refusals reach the user of the vendor's SDK with the right status, code and request id."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from ansible_collections.huaweicloud.ims.tests.samples import (
    BACKUP,
    CENTOS,
    FILE,
    IMAGE,
    KEY,
    NOBODY,
    SERVER,
    VAULT,
)
from huaweicloudsdkcbr.v1 import ListVaultRequest
from huaweicloudsdkcore.auth.credentials import BasicCredentials
from huaweicloudsdkcore.exceptions.exceptions import (
    ClientRequestException,
    ServiceResponseException,
)
from huaweicloudsdkims.v2 import GlanceShowImageRequest, ListImagesRequest, ShowJobRequest

from .calls import copy, password_token, project_scope, quick_import, temporary_keys, whole_image
from .running import RunningSimulator
from .sdk import Sdk, TokenCredentials


def refusal(call: Callable[[], object]) -> ServiceResponseException:
    with pytest.raises(ServiceResponseException) as caught:
        call()
    assert isinstance(caught.value, ClientRequestException) == (caught.value.status_code < 500)
    assert caught.value.error_msg
    return caught.value


def unauthorised(simulator: RunningSimulator, credentials: BasicCredentials) -> None:
    sdk = Sdk(simulator.url, credentials)
    error = refusal(lambda: sdk.ims.list_images(ListImagesRequest()))
    assert error.status_code == 401
    assert error.error_code.startswith("APIGW.")
    assert error.request_id
    sdk.close()


# --- who are you?


def test_a_wrong_secret_key_is_refused(simulator: RunningSimulator) -> None:
    facts = simulator.facts
    credentials = BasicCredentials(facts["access_key"], "wrong", facts["project_id"])

    unauthorised(simulator, credentials)


def test_an_unknown_access_key_is_refused(simulator: RunningSimulator) -> None:
    facts = simulator.facts
    credentials = BasicCredentials("NOSUCHACCESSKEY00000", facts["secret_key"], facts["project_id"])

    unauthorised(simulator, credentials)


def test_a_made_up_token_is_refused(simulator: RunningSimulator) -> None:
    unauthorised(simulator, TokenCredentials("MIIno", simulator.facts["project_id"]))


def test_temporary_keys_without_or_with_another_security_token_are_refused(
    sdk: Sdk, simulator: RunningSimulator
) -> None:
    token = password_token(sdk, simulator.facts, project_scope(simulator.facts)).x_subject_token
    keys = temporary_keys(sdk, token)
    project_id = simulator.facts["project_id"]

    unauthorised(simulator, BasicCredentials(keys.access, keys.secret, project_id))
    other = BasicCredentials(keys.access, keys.secret, project_id).with_security_token("other")
    unauthorised(simulator, other)


def test_temporary_keys_that_have_expired_are_refused(simulator: RunningSimulator) -> None:
    stale = simulator.facts["others"]["expired"]
    credentials = BasicCredentials(
        stale["access_key"], stale["secret_key"], simulator.facts["project_id"]
    )

    unauthorised(simulator, credentials.with_security_token(stale["security_token"]))


def test_a_token_that_expires_in_mid_work_is_refused_by_the_gateway(
    sdk: Sdk, simulator: RunningSimulator
) -> None:
    facts = simulator.facts
    token = password_token(sdk, facts, project_scope(facts)).x_subject_token
    bearer = Sdk(simulator.url, TokenCredentials(token, facts["project_id"]))
    assert bearer.image(IMAGE) is not None

    simulator.rule(action="unauthorized", path="^/v2/cloudimages$", times=1)

    error = refusal(lambda: bearer.image(IMAGE))
    assert (error.status_code, error.error_code) == (401, "APIGW.0301")
    assert "token" in error.error_msg
    bearer.close()


def test_a_clock_that_is_off_is_refused(simulator: RunningSimulator) -> None:
    facts = simulator.facts
    simulator.switch(clock_skew=3600)

    unauthorised(
        simulator,
        BasicCredentials(facts["access_key"], facts["secret_key"], facts["project_id"]),
    )


def test_a_wrong_password_is_refused(sdk: Sdk, simulator: RunningSimulator) -> None:
    facts = {**simulator.facts, "password": "wrong"}

    error = refusal(lambda: password_token(sdk, facts, project_scope(facts)))

    assert error.status_code == 401


# --- what is that?


def test_an_unknown_job_is_refused_as_400_or_404(sdk: Sdk, simulator: RunningSimulator) -> None:
    for status in (400, 404):
        simulator.switch(job_unknown_answer=str(status))
        error = refusal(lambda: sdk.ims.show_job(ShowJobRequest(job_id="f" * 32)))
        assert error.status_code == status


def test_an_unknown_image_cannot_be_shown_or_copied(sdk: Sdk) -> None:
    shown = refusal(lambda: sdk.ims.glance_show_image(GlanceShowImageRequest(NOBODY)))
    copied = refusal(lambda: copy(sdk, NOBODY, name="copy"))

    assert shown.status_code == 404
    assert (copied.status_code, copied.error_code) in {
        *((400, code) for code in ("IMG.0027", "IMG.0086", "IMG.0144")),
        (404, "IMG.0027"),
    }


def found(sdk: Sdk, name: str) -> str:
    """The id of an image of the initial world by its name."""
    return sdk.list_images(name=name)[0].id


def vault(sdk: Sdk, name: str) -> str:
    vaults = sdk.cbr.list_vault(ListVaultRequest(name=name)).vaults
    return next(vault.id for vault in vaults if vault.name == name)


@pytest.mark.parametrize(
    ("source", "code"),
    [
        ("whole-from-server", "IMG.0130"),
        ("iso-image", "IMG.0167"),
        ("saving-image", "IMG.0046"),
        ("shared-pending", "IMG.0196"),
        ("shared-encrypted", "IMG.0197"),
    ],
)
def test_images_that_cannot_be_copied_say_why(sdk: Sdk, source: str, code: str) -> None:
    query = {"member_status": "pending", "visibility": "shared"} if "pending" in source else {}
    image = next(i for i in sdk.list_images(**query) if i.name == source)

    error = refusal(lambda: copy(sdk, image.id, name="copy"))

    assert (error.status_code, error.error_code) == (400, code)


def test_a_copy_cannot_keep_the_key_of_its_source(sdk: Sdk) -> None:
    source = found(sdk, "encrypted-documents-key")

    error = refusal(lambda: copy(sdk, source, name="copy", cmk_id=KEY))

    assert (error.status_code, error.error_code) == (400, "IMG.0096")


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("vault-disks", "IMG.0193"),
        ("vault-replication", "IMG.0193"),
        ("vault-locked", "IMG.0188"),
        ("vault-second", "IMG.0183"),
    ],
)
def test_a_vault_that_cannot_take_the_server_is_refused(sdk: Sdk, name: str, code: str) -> None:
    vault_id = vault(sdk, name)

    error = refusal(lambda: whole_image(sdk, name="w", instance_id=SERVER, vault_id=vault_id))

    assert (error.status_code, error.error_code) == (400, code)


def test_an_unknown_vault_server_or_backup_is_refused(sdk: Sdk) -> None:
    no_vault = refusal(lambda: whole_image(sdk, name="w", instance_id=SERVER, vault_id=NOBODY))
    no_server = refusal(lambda: whole_image(sdk, name="w", instance_id=NOBODY, vault_id=VAULT))
    no_backup = refusal(
        lambda: whole_image(sdk, name="w", backup_id=NOBODY, whole_image_type="CBR")
    )

    assert (no_vault.status_code, no_vault.error_code) == (400, "IMG.0184")
    assert (no_server.status_code, no_server.error_code) == (400, "IMG.0005")
    assert (no_backup.status_code, no_backup.error_code) == (400, "IMG.0020")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"name": ""}, "IMG.0013"),
        ({"name": "n" * 129}, "IMG.0002"),
        ({"name": "a/b"}, "IMG.0003"),
        ({"os_version": None}, "IMG.0159"),
        ({"os_version": "CentOS 99 64bit"}, "IMG.0056"),
        ({"min_disk": 0}, "IMG.0055"),
        ({"min_disk": 1025}, "IMG.0055"),
        ({"type": "Toaster"}, "IMG.0024"),
        ({"architecture": "mips"}, "IMG.0212"),
        ({"hw_firmware_type": "coreboot"}, "IMG.0141"),
        ({"image_url": "no-bucket"}, "IMG.0017"),
        ({"tags": [f"k{n}.v" for n in range(11)]}, "IMG.0116"),
    ],
)
def test_an_import_that_breaks_a_rule_is_told_which(
    sdk: Sdk, body: dict[str, object], code: str
) -> None:
    good = {
        "name": "n",
        "image_url": FILE,
        "os_version": CENTOS,
        "min_disk": 40,
        "type": "ECS",
    }
    wanted = {key: value for key, value in {**good, **body}.items() if value is not None}

    error = refusal(lambda: quick_import(sdk, **wanted))

    assert (error.status_code, error.error_code) == (400, code)
    assert error.request_id


def test_a_refused_create_leaves_no_image(sdk: Sdk) -> None:
    refusal(lambda: copy(sdk, NOBODY, name="never made"))

    assert sdk.list_images(name="never made") == []


def test_another_projects_path_is_refused(sdk: Sdk, simulator: RunningSimulator) -> None:
    facts = simulator.facts
    elsewhere = BasicCredentials(facts["access_key"], facts["secret_key"], "0" * 32)
    other = Sdk(simulator.url, elsewhere)

    error = refusal(lambda: other.ims.show_job(ShowJobRequest(job_id="f" * 32)))

    assert error.status_code in {400, 401, 403}
    other.close()


@pytest.mark.parametrize("status", [429, 500, 503])
def test_an_answer_of_the_gateway_keeps_its_status(
    sdk: Sdk, simulator: RunningSimulator, status: int
) -> None:
    simulator.rule(action="answer", path="^/v2/cloudimages$", status=status, times=1)

    error = refusal(lambda: sdk.ims.list_images(ListImagesRequest()))

    assert error.status_code == status
    assert sdk.image(IMAGE) is not None


def test_one_backup_cannot_be_named_with_the_wrong_kind(sdk: Sdk) -> None:
    item = next(item for item in sdk.csbs_items() if item["id"] != BACKUP)

    error = refusal(
        lambda: whole_image(sdk, name="w", backup_id=item["id"], whole_image_type="CBR")
    )

    assert error.status_code == 400
    assert error.error_code in {"IMG.0198", "IMG.0020"}
