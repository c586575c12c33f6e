# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Calls of the vendor's SDK that several tests make."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ansible_collections.huaweicloud.ims.tests.samples import (
    IMAGE,
)
from huaweicloudsdkiam.v3 import (
    AuthScope,
    AuthScopeProject,
    CreateTemporaryAccessKeyByTokenRequest,
    CreateTemporaryAccessKeyByTokenRequestBody,
    IdentityToken,
    KeystoneCreateUserTokenByPasswordRequest,
    KeystoneCreateUserTokenByPasswordRequestBody,
    KeystoneCreateUserTokenByPasswordResponse,
    PwdAuth,
    PwdIdentity,
    PwdPassword,
    PwdPasswordUser,
    PwdPasswordUserDomain,
    TokenAuth,
    TokenAuthIdentity,
)
from huaweicloudsdkims.v2 import (
    CopyImageInRegionRequest,
    CopyImageInRegionRequestBody,
    CreateWholeImageRequest,
    CreateWholeImageRequestBody,
    ImportImageQuickRequest,
    QuickImportImageByFileRequestBody,
)

from .sdk import Sdk

JOB_ID = re.compile(r"[0-9a-f]{32}")


def whole_image(sdk: Sdk, **body: object) -> str:
    request = CreateWholeImageRequest(body=CreateWholeImageRequestBody(**body))
    answer = sdk.ims.create_whole_image(request)
    assert answer.status_code == 200
    assert JOB_ID.fullmatch(answer.job_id)
    return answer.job_id


def copy(sdk: Sdk, source: str = IMAGE, **body: object) -> str:
    request = CopyImageInRegionRequest(source, CopyImageInRegionRequestBody(**body))
    answer = sdk.ims.copy_image_in_region(request)
    assert answer.status_code == 200
    assert JOB_ID.fullmatch(answer.job_id)
    return answer.job_id


def quick_import(sdk: Sdk, **body: object) -> str:
    request = ImportImageQuickRequest(body=QuickImportImageByFileRequestBody(**body))
    answer = sdk.ims.import_image_quick(request)
    assert answer.status_code == 200
    assert JOB_ID.fullmatch(answer.job_id)
    return answer.job_id


A_DAY = 86400


def password_token(
    sdk: Sdk,
    facts: Mapping[str, Any],
    scope: AuthScope | None = None,
    nocatalog: str | None = None,
) -> KeystoneCreateUserTokenByPasswordResponse:
    user = PwdPasswordUser(
        PwdPasswordUserDomain(facts["domain_name"]), facts["username"], facts["password"]
    )
    identity = PwdIdentity(["password"], PwdPassword(user))
    body = KeystoneCreateUserTokenByPasswordRequestBody(PwdAuth(identity, scope))
    request = KeystoneCreateUserTokenByPasswordRequest(nocatalog, body)
    return sdk.iam.keystone_create_user_token_by_password(request)


def project_scope(facts: Mapping[str, Any]) -> AuthScope:
    return AuthScope(project=AuthScopeProject(name=facts["project_name"]))


def temporary_keys(sdk: Sdk, token: str):  # type: ignore[no-untyped-def]
    identity = TokenAuthIdentity(["token"], IdentityToken(token, A_DAY))
    body = CreateTemporaryAccessKeyByTokenRequestBody(TokenAuth(identity))
    request = CreateTemporaryAccessKeyByTokenRequest(body)
    return sdk.iam.create_temporary_access_key_by_token(request).credential
