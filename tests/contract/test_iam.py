# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every way of the vendor's SDK to prove who it is: keys, tokens, temporary keys, agency."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from ansible_collections.huaweicloud.ims.tests.samples import IMAGE
from huaweicloudsdkcore.auth.credentials import BasicCredentials, Credentials, GlobalCredentials
from huaweicloudsdkcore.auth.internal import MetadataAccessor
from huaweicloudsdkcore.exceptions.exceptions import SdkException
from huaweicloudsdkcore.region.region import Region
from huaweicloudsdkiam.v3 import (
    AgencyAuth,
    AgencyAuthIdentity,
    AgencyTokenAssumerole,
    AgencyTokenAuth,
    AgencyTokenIdentity,
    AgencyTokenScope,
    AgencyTokenScopeProject,
    CreateTemporaryAccessKeyByAgencyRequest,
    CreateTemporaryAccessKeyByAgencyRequestBody,
    IamClient,
    IdentityAssumerole,
    KeystoneCreateAgencyTokenRequest,
    KeystoneCreateAgencyTokenRequestBody,
    KeystoneListAuthDomainsRequest,
    KeystoneListAuthProjectsRequest,
    KeystoneListProjectsRequest,
    KeystoneValidateTokenRequest,
)
from huaweicloudsdkims.v2 import ImsClient, ListImagesRequest

from .calls import A_DAY, copy, password_token, project_scope, temporary_keys
from .running import RunningSimulator
from .sdk import Sdk, TokenCredentials, build
from .world import AGENCY, PARTNER_DOMAIN

TOKEN_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")
KEY_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z")


@pytest.fixture(autouse=True)
def _no_remembered_projects() -> Iterator[None]:
    Credentials._CACHE.clear()
    yield
    Credentials._CACHE.clear()


def regional(simulator: RunningSimulator, credentials: BasicCredentials) -> ImsClient:
    """A client that is told only its region and finds the project by itself."""
    region = Region(simulator.facts["region"], simulator.url)
    credentials = credentials.with_iam_endpoint(simulator.url)
    return ImsClient.new_builder().with_credentials(credentials).with_region(region).build()


# --- permanent keys


def test_the_project_is_discovered_by_the_name_of_the_region(simulator: RunningSimulator) -> None:
    facts = simulator.facts
    credentials = BasicCredentials(facts["access_key"], facts["secret_key"])

    client = regional(simulator, credentials)

    assert credentials.project_id == facts["project_id"]
    assert client.list_images(ListImagesRequest(id=IMAGE)).images[0].id == IMAGE
    discovery = next(c for c in simulator.requests() if c["path"] == "/v3/projects")
    assert facts["region"] in str(discovery["query"])


@pytest.mark.parametrize(("found", "complaint"), [("none", "Confirm"), ("many", "Multiple")])
def test_no_project_and_several_projects_stop_the_discovery(
    simulator: RunningSimulator, found: str, complaint: str
) -> None:
    facts = simulator.facts
    simulator.switch(projects_by_name=found)

    with pytest.raises(SdkException, match=complaint):
        regional(simulator, BasicCredentials(facts["access_key"], facts["secret_key"]))


def test_a_global_client_discovers_its_domain(sdk: Sdk, simulator: RunningSimulator) -> None:
    facts = simulator.facts
    credentials = GlobalCredentials(facts["access_key"], facts["secret_key"])
    credentials = credentials.with_iam_endpoint(simulator.url)

    region = Region(facts["region"], simulator.url)
    client = IamClient.new_builder().with_credentials(credentials).with_region(region).build()

    domains = client.keystone_list_auth_domains(KeystoneListAuthDomainsRequest()).domains
    assert [(d.id, d.name) for d in domains] == [(credentials.domain_id, facts["domain_name"])]
    assert domains[0].enabled is True


def test_projects_read_as_the_reference_says(sdk: Sdk, simulator: RunningSimulator) -> None:
    facts = simulator.facts

    projects = sdk.iam.keystone_list_projects(KeystoneListProjectsRequest()).projects
    mine = sdk.iam.keystone_list_auth_projects(KeystoneListAuthProjectsRequest()).projects

    by_name = {project.name: project for project in projects}
    assert by_name[facts["project_name"]].id == facts["project_id"]
    assert "MOS" in by_name
    assert any(name.startswith(f"{facts['region']}_") for name in by_name)
    for project in projects:
        assert re.fullmatch("[0-9a-f]{32}", project.id)
        assert project.enabled is True
        assert project.is_domain is False
        assert project.domain_id == project.parent_id
    assert {p.id for p in mine} >= {facts["project_id"]}


# --- password and token


def test_a_password_buys_a_token_of_the_project(sdk: Sdk, simulator: RunningSimulator) -> None:
    facts = simulator.facts

    answer = password_token(sdk, simulator.facts, project_scope(simulator.facts))

    assert answer.status_code == 201
    assert len(answer.x_subject_token) > 20
    token = answer.token
    assert token.methods == ["password"]
    assert TOKEN_TIME.fullmatch(token.expires_at)
    assert TOKEN_TIME.fullmatch(token.issued_at)
    assert token.expires_at > token.issued_at
    assert (token.project.id, token.project.name) == (facts["project_id"], facts["project_name"])
    assert token.project.domain.name == facts["domain_name"]
    assert token.user.name == facts["username"]
    assert token.user.domain.name == facts["domain_name"]
    assert token.roles
    for service in token.catalog:
        for endpoint in service.endpoints:
            assert endpoint.interface == "public"
            assert endpoint.region in {facts["region"], "*"}
            assert endpoint.region_id == endpoint.region
            assert endpoint.url.startswith(simulator.url)


def test_a_token_without_catalogue_and_one_without_scope(
    sdk: Sdk, simulator: RunningSimulator
) -> None:
    bare = password_token(sdk, simulator.facts, project_scope(simulator.facts), nocatalog="1")
    unscoped = password_token(sdk, simulator.facts)

    assert not bare.token.catalog
    assert bare.token.project.id == simulator.facts["project_id"]
    assert unscoped.x_subject_token
    assert unscoped.token.project is None


def test_a_token_opens_every_service(sdk: Sdk, simulator: RunningSimulator) -> None:
    token = password_token(sdk, simulator.facts, project_scope(simulator.facts)).x_subject_token
    project_id = simulator.facts["project_id"]

    with_token = Sdk(simulator.url, TokenCredentials(token, project_id))

    assert with_token.created_image(copy(with_token, name="with token")).owner == project_id
    assert with_token.csbs_items()
    with_token.close()


def test_a_token_can_be_asked_what_it_is_for(sdk: Sdk, simulator: RunningSimulator) -> None:
    facts = simulator.facts
    token = password_token(sdk, facts, project_scope(facts)).x_subject_token
    bearer = Sdk(simulator.url, TokenCredentials(token, facts["project_id"]))

    answer = bearer.iam.keystone_validate_token(KeystoneValidateTokenRequest(token))

    assert answer.x_subject_token == token
    assert answer.token.project.id == facts["project_id"]
    assert answer.token.user.name == facts["username"]
    bearer.close()


# --- temporary keys


def test_a_token_buys_temporary_keys_that_need_their_security_token(
    sdk: Sdk, simulator: RunningSimulator
) -> None:
    token = password_token(sdk, simulator.facts, project_scope(simulator.facts)).x_subject_token

    keys = temporary_keys(sdk, token)

    assert KEY_TIME.fullmatch(keys.expires_at)
    assert keys.access != simulator.facts["access_key"]
    credentials = BasicCredentials(keys.access, keys.secret, simulator.facts["project_id"])
    temporary = Sdk(simulator.url, credentials.with_security_token(keys.securitytoken))
    image = temporary.created_image(copy(temporary, name="with temporary keys"))
    assert image.owner == simulator.facts["project_id"]
    temporary.close()


def test_an_agency_buys_temporary_keys_of_the_other_account(
    sdk: Sdk, simulator: RunningSimulator
) -> None:
    role = IdentityAssumerole(AGENCY, domain_name=PARTNER_DOMAIN, duration_seconds=A_DAY)
    identity = AgencyAuthIdentity(["assume_role"], role)
    body = CreateTemporaryAccessKeyByAgencyRequestBody(AgencyAuth(identity))
    request = CreateTemporaryAccessKeyByAgencyRequest(body)

    keys = sdk.iam.create_temporary_access_key_by_agency(request).credential

    assert KEY_TIME.fullmatch(keys.expires_at)
    credentials = BasicCredentials(keys.access, keys.secret)
    client = regional(simulator, credentials.with_security_token(keys.securitytoken))
    assert credentials.project_id != simulator.facts["project_id"]
    owned = client.list_images(ListImagesRequest(owner=credentials.project_id)).images
    assert owned
    assert IMAGE not in {image.id for image in owned}


def test_an_agency_buys_a_token_of_the_other_account(sdk: Sdk, simulator: RunningSimulator) -> None:
    facts = simulator.facts
    role = AgencyTokenAssumerole(domain_name=PARTNER_DOMAIN, agency_name=AGENCY)
    scope = AgencyTokenScope(project=AgencyTokenScopeProject(name=facts["region"]))
    auth = AgencyTokenAuth(AgencyTokenIdentity(["assume_role"], role), scope)
    body = KeystoneCreateAgencyTokenRequestBody(auth)

    answer = sdk.iam.keystone_create_agency_token(KeystoneCreateAgencyTokenRequest(body=body))

    token = answer.token
    assert token.methods == ["assume_role"]
    assert token.assumed_by.user.name == facts["username"]
    assert token.project.domain.name == PARTNER_DOMAIN
    assert token.project.id != facts["project_id"]
    partner = Sdk(simulator.url, TokenCredentials(answer.x_subject_token, token.project.id))
    owned = partner.list_images(owner=token.project.id)
    assert {image.owner for image in owned} == {token.project.id}
    partner.close()


# --- instance metadata


@pytest.mark.parametrize("version", ["v1", "v2", "v2-only"])
def test_the_instance_metadata_gives_keys_that_work(
    simulator: RunningSimulator, monkeypatch: pytest.MonkeyPatch, version: str
) -> None:
    simulator.switch(metadata=version)
    monkeypatch.setattr(MetadataAccessor, "_METADATA_ENDPOINT", simulator.url)
    credentials = BasicCredentials(project_id=simulator.facts["project_id"])
    credentials.sts_accessor = MetadataAccessor()

    client = build(ImsClient, simulator.url, credentials)

    assert client.list_images(ListImagesRequest(id=IMAGE)).images[0].id == IMAGE
    assert credentials.ak
    assert credentials.security_token
    client.close()
