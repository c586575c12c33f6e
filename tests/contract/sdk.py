# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The vendor's SDK clients, aimed at a simulator, one per service."""

from __future__ import annotations

import json
import re
from typing import Any

from huaweicloudsdkcbr.v1 import CbrClient
from huaweicloudsdkcore.auth.credentials import BasicCredentials, GlobalCredentials
from huaweicloudsdkcore.client import Client
from huaweicloudsdkcore.exceptions.exceptions import ClientRequestException
from huaweicloudsdkcore.http.http_config import HttpConfig
from huaweicloudsdkcore.sdk_request import SdkRequest
from huaweicloudsdkcore.signer.signer import Signer
from huaweicloudsdkecs.v2 import EcsClient
from huaweicloudsdkevs.v2 import EvsClient
from huaweicloudsdkiam.v3 import IamClient
from huaweicloudsdkims.v2 import (
    ImageInfo,
    ImsClient,
    ListImagesRequest,
    ListImageTagsRequest,
    ShowJobRequest,
    ShowJobResponse,
)

from .running import until

PENDING = {"INIT", "RUNNING"}
JOB_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
IMAGE_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class TokenCredentials(BasicCredentials):
    """Sends a ready token where the SDK would sign; everything else is the SDK's."""

    def __init__(self, token: str, project_id: str) -> None:
        super().__init__("unused", "unused", project_id)
        self._token = token

    def sign_request(self, request: SdkRequest) -> SdkRequest:
        request.header_params["X-Auth-Token"] = self._token
        Signer.process_request_uri(request)
        return request


class Sdk:
    """One client per service over one set of credentials, made when first asked for."""

    def __init__(self, url: str, credentials: BasicCredentials) -> None:
        self._url = url
        self._credentials = credentials
        self._clients: dict[type, Client] = {}

    @property
    def ims(self) -> ImsClient:
        return self._client(ImsClient)

    @property
    def evs(self) -> EvsClient:
        return self._client(EvsClient)

    @property
    def ecs(self) -> EcsClient:
        return self._client(EcsClient)

    @property
    def cbr(self) -> CbrClient:
        return self._client(CbrClient)

    @property
    def iam(self) -> IamClient:
        return self._client(IamClient)

    def close(self) -> None:
        for client in self._clients.values():
            client.close()

    def _client(self, kind: type) -> Any:
        if kind not in self._clients:
            # The builder admits BasicCredentials by class name only; subclasses go in afterwards.
            placeholder = BasicCredentials("unused", "unused", "unused")
            client = build(kind, self._url, placeholder)
            self._clients[kind] = client.with_credentials(self._credentials)
        return self._clients[kind]

    def list_images(self, **query: Any) -> list[ImageInfo]:
        return self.ims.list_images(ListImagesRequest(**query)).images

    def image(self, image_id: str) -> ImageInfo | None:
        found = self.list_images(id=image_id)
        assert len(found) <= 1
        return found[0] if found else None

    def active_image(self, image_id: str) -> ImageInfo:
        """Waits until the list shows the image as active: the list lags behind the job."""

        def active() -> ImageInfo | None:
            image = self.image(image_id)
            assert image is None or image.status in {"queued", "saving", "active"}, image
            return image if image is not None and image.status == "active" else None

        return until(active)

    def tags(self, image_id: str) -> dict[str, str]:
        answer = self.ims.list_image_tags(ListImageTagsRequest(image_id=image_id))
        return {tag.key: tag.value for tag in answer.tags}

    def csbs_items(self, **query: str) -> list[dict[str, Any]]:
        """CSBS backups; no SDK package has the call, so it goes through the SDK's generic one."""
        answer = self.cbr.call_api(
            "/v1/{project_id}/checkpoint_items",
            "GET",
            query_params=list(query.items()),
            header_params={"Content-Type": "application/json"},
            response_type="ListBackupsResponse",
        )
        return json.loads(answer.raw_content)["checkpoint_items"]

    def finished_job(self, job_id: str) -> ShowJobResponse:
        """Follows the job to SUCCESS or FAIL, checking at every look what a client relies on.

        A new job may be unknown at first, as 400 or as 404.
        """

        def finished() -> ShowJobResponse | None:
            try:
                job = self.ims.show_job(ShowJobRequest(job_id=job_id))
            except ClientRequestException as error:
                if error.status_code not in {400, 404}:
                    raise
                return None
            check_job(job, job_id)
            return None if job.status in PENDING else job

        return until(finished)

    def successful_job(self, job_id: str) -> ShowJobResponse:
        job = self.finished_job(job_id)
        assert job.status == "SUCCESS", job
        assert not job.error_code
        assert not job.fail_reason
        return job

    def created_image(self, job_id: str) -> ImageInfo:
        """The image a successful single-image job names, once it is active."""
        job = self.successful_job(job_id)
        assert UUID.fullmatch(job.entities.image_id), job
        return self.active_image(job.entities.image_id)


def build(kind: type, url: str, credentials: BasicCredentials | GlobalCredentials) -> Any:
    return (
        kind.new_builder()  # type: ignore[attr-defined]
        .with_credentials(credentials)
        .with_endpoint(url)
        .with_http_config(HttpConfig(timeout=(5, 30)))
        .build()
    )


def check_job(job: Any, job_id: str) -> None:
    """What holds for every answer of a job query, finished or not (IMS API reference, 'jobs')."""
    assert job.job_id == job_id
    assert job.status in PENDING | {"SUCCESS", "FAIL"}
    assert job.job_type.startswith("ims")
    assert JOB_TIME.fullmatch(job.begin_time), job.begin_time
    if job.status in PENDING:
        assert not job.end_time
    else:
        assert JOB_TIME.fullmatch(job.end_time), job.end_time
        assert job.end_time >= job.begin_time
    percent = getattr(job.entities, "process_percent", None)
    # Most pages show a fraction; clients must also survive a percentage.
    assert percent is None or 0.0 <= percent <= 100.0, percent
