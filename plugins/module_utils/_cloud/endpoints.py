# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Find the addresses of a cloud's services."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from . import environment, errors
from .proxies import METADATA_HOST, is_loopback

SERVICES = ("ims", "evs", "ecs", "cbr", "csbs", "iam", "metadata")

_METADATA = "http://" + METADATA_HOST

# Compiled once: Ansible's workers are forks, which inherit them.
_REGION = re.compile(r"[a-z]+-[a-z0-9-]+$")
_VERSION = re.compile(r"/v\d+(\.\d+)?(/.*)?$")

# The domain of each region of the public clouds. Sources: endpoint lists of the vendor's SDK (3.1)
# for Huawei Cloud, of the OTC and the Flexible Engine documentation.
_CLOUDS = {
    region: domain
    for domain, regions in {
        "myhuaweicloud.com": (
            "ae-ad-1 af-north-1 af-south-1 ap-southeast-1 ap-southeast-2 ap-southeast-3"
            " ap-southeast-4 ap-southeast-5 cn-east-2 cn-east-3 cn-east-4 cn-east-5 cn-north-1"
            " cn-north-11 cn-north-12 cn-north-2 cn-north-4 cn-north-9 cn-south-1 cn-south-2"
            " cn-south-4 cn-southwest-2 cn-southwest-3 la-north-2 la-south-2 me-east-1"
            " my-kualalumpur-1 na-mexico-1 ru-moscow-1 sa-brazil-1 tr-west-1"
        ),
        "otc.t-systems.com": "eu-de eu-nl",
        "sc.otc.t-systems.com": "eu-ch2",
        "prod-cloud-ocb.orange-business.com": "eu-west-0",
    }.items()
    for region in regions.split()
}
_HUAWEI_EUROPE = "myhuaweicloud.eu"
_PUBLIC = {*_CLOUDS.values(), _HUAWEI_EUROPE}

# Our services as clouds.yaml calls them, OpenStack's service types included.
OVERRIDE_NAMES = {
    "ims": ("ims", "image"),
    "evs": ("evs", "volumev3", "block_storage", "volumev2", "volume"),
    "ecs": ("ecs", "compute"),
    "cbr": ("cbr",),
    "csbs": ("csbs",),
    "iam": ("iam", "identity"),
}


def cloud_of(region: str) -> str:
    """Return the domain of the known cloud that has `region`, '' if none has.

    Huawei Cloud Europe (eu-west-101 …) has a domain of its own; the SDK still lists .com for it,
    the Terraform provider .eu. The option `endpoints` settles it.
    """
    if region.startswith("eu-west-10"):  # eu-west-1 is a region of others
        return _HUAWEI_EUROPE
    return _CLOUDS.get(region, "")


def other_region(project: str, region: str) -> str:
    """Return the known region that a project is named after, <region> or <region>_<suffix>, if it
    is another one than `region`, which is known too; else ''."""
    other = project.partition("_")[0]
    return other if other != region and cloud_of(other) and cloud_of(region) else ""


def region_of(auth_url: str) -> str:
    """Return the region in an address like https://iam.eu-de.otc.t-systems.com/v3, '' if there is
    none."""
    labels = (urlsplit(_with_scheme(auth_url)).hostname or "").split(".")
    if len(labels) > 3 and labels[0] == "iam" and _REGION.match(labels[1]):
        return labels[1]
    return ""


@dataclass(frozen=True)
class Endpoints:
    """The addresses of one region.

    `explicit` (service to URL) comes from the user and wins; then the variables of the vendor's SDK
    in `environ` (HUAWEICLOUD_SDK_REGION_IMS_EU_DE), then what `auth_url` shows
    (https://iam.{region}.{cloud}), then `domain`, then the known clouds.
    """

    region: str
    explicit: Mapping[str, str] = field(default_factory=dict)
    auth_url: str = ""
    domain: str = ""
    environ: Mapping[str, str] = field(default_factory=dict, repr=False)
    # Why none of them may be used.
    error: errors.CloudError | None = None

    def __post_init__(self) -> None:
        for service in self.explicit:
            if service not in SERVICES:
                raise errors.ConfigurationError(
                    f"endpoints: there is no service {service!r}; known are {', '.join(SERVICES)}."
                )

    def check(self) -> None:
        """Raise ConfigurationError for a given address that is not safe, used or not: a mistake in
        one is reported before another is called."""
        for service in SERVICES:
            self._given(service)

    def url(self, service: str) -> str:
        """Return scheme and host (and a path if the user gave one), without trailing slash.

        Raises ConfigurationError if it is unknown or not safe.
        """
        if self.error is not None:
            raise self.error
        if service == "csbs" and self.explicit.get("cbr") and not self.explicit.get("csbs"):
            # The predecessor of CBR has the same address, so it follows the same setting.
            return self._given("cbr").replace("//cbr.", "//csbs.", 1)
        given = self._given(service)
        if given:
            return given
        if service == "metadata":
            return _METADATA
        domain = self._domain()
        if not domain:
            raise self._unknown(service)
        return f"https://{service}.{self.region}.{domain}"

    def _given(self, service: str) -> str:
        """Return the address that the user gave, '' if there is none."""
        variable = f"HUAWEICLOUD_SDK_REGION_{service}_{self.region}".upper().replace("-", "_")
        given = {
            f"endpoints: {service}": self.explicit.get(service),
            # The vendor's SDK reads several addresses from it, of which the first counts.
            variable: (self.environ.get(variable) or "").split(",")[0].strip(),
            "auth_url": self.auth_url if service == "iam" else "",
        }
        return next((checked(url, origin) for origin, url in given.items() if url), "")

    def _domain(self) -> str:
        host = self._auth_host()
        prefix = f"iam.{self.region}."
        if self.region and host.startswith(prefix):
            return host.removeprefix(prefix)
        if self.domain:
            return self.domain
        # A private cloud may name its region like a public one, which must not get its requests.
        elsewhere = host and not any(f".{host}".endswith(f".{domain}") for domain in _PUBLIC)
        return "" if elsewhere else cloud_of(self.region)

    def _auth_host(self) -> str:
        return urlsplit(_with_scheme(self.auth_url)).hostname or "" if self.auth_url else ""

    def _unknown(self, service: str) -> errors.ConfigurationError:
        if not self.region:
            remedy = environment.remedy_in_awx(self.environ) or (
                "set region (or HW_REGION_NAME, OS_REGION_NAME, region_name in clouds.yaml)"
            )
            return errors.ConfigurationError(f"No region: {remedy}.")
        if self.auth_url and cloud_of(self.region):
            return errors.ConfigurationError(
                f"The address of {service} is not known: auth_url ({self._auth_host()}) is not of"
                f" {cloud_of(self.region)}, the cloud with the region {self.region!r}. Set"
                f" endpoints: {{{service}: https://…}}, and likewise the other services, or correct"
                " region or auth_url."
            )
        usual = re.sub(r"[\s_]", "-", self.region.lower())
        near = difflib.get_close_matches(usual, [*_CLOUDS, "eu-west-101"], n=3)
        meant = (
            f" (did you mean {' or '.join([usual] if cloud_of(usual) else near)}?)" if near else ""
        )
        return errors.ConfigurationError(
            f"The address of {service} in region {self.region!r} is not known{meant}."
            f" Set endpoints: {{{service}: https://…}}, or auth_url to an address like"
            f" https://iam.{self.region}.<domain of the cloud>/v3."
        )


def checked(url: str, origin: str) -> str:
    """Return `url` in the form that requests are built on. Raises ConfigurationError, naming
    `origin`.

    A version at the end of the path (/v3, /v2.1/…) is dropped: each request has its own.
    """
    url = _with_scheme(url)
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise errors.ConfigurationError(
            f"{origin}: {_shown(url)!r} is not a URL ({error})."
        ) from error
    place = (f"[{host}]" if ":" in host else host) + (f":{port}" if port is not None else "")
    # Any other character may make others read another host than we do.
    clear = bool(host) and place == parts.netloc.lower()
    if parts.scheme not in ("http", "https") or not clear or parts.query:
        raise errors.ConfigurationError(
            f"{origin}: {_shown(url)!r} is not an address like https://ims.example.com."
        )
    if parts.scheme == "http" and not is_loopback(host) and host != METADATA_HOST:
        raise errors.ConfigurationError(
            f"{origin}: requests to {url} would go out without encryption; use https"
            " (http is for this machine only)."
        )
    path = _VERSION.sub("", parts.path).rstrip("/")
    return f"{parts.scheme}://{parts.netloc.lower()}{path}"


def _shown(url: str) -> str:
    """Return a URL without what may be a secret in it."""
    return url.split("@")[-1].split("?")[0]


def overrides(entry: Mapping[str, object]) -> Mapping[str, str]:
    """Return the `*_endpoint_override` keys of a clouds.yaml entry by our service names."""
    found = {
        service: next(filter(None, (entry.get(f"{name}_endpoint_override") for name in names)), "")
        for service, names in OVERRIDE_NAMES.items()
    }
    return {service: str(url) for service, url in found.items() if url}


def _with_scheme(url: str) -> str:
    return url if "://" in url else "https://" + url
