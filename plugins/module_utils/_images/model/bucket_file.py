# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A file in an OBS bucket, in each form that users write, as the one that the API takes."""

from __future__ import annotations

import re
from typing import NamedTuple

FORMS = (
    "it has to be <bucket>:<object key>, obs://<bucket>/<object key> or "
    "https://<bucket>.obs.<region>.<domain>/<object key>, without spaces and without a query string"
)

# The names of buckets and keys: OBS API reference, "Creating a Bucket" and "Uploading Objects".
_REFERENCE = re.compile(
    r"[a-z0-9][a-z0-9.\-]{1,61}[a-z0-9]:(?!//)[^\s:\x00-\x1f\x7f][^\s\x00-\x1f\x7f]{0,1023}"
)
_OBS_URL = re.compile(r"(?i:obs)://([^/?#:]+)/([^?#]+)")
_HTTPS_URL = re.compile(
    r"(?i:https://([a-z0-9.\-]+)\.obs\.([a-z0-9\-]+)(?:\.[a-z0-9\-]+)+)/([^?#]+)"
)


class BucketFile(NamedTuple):
    """A file as the API names it."""

    # <bucket>:<object key>
    reference: str
    # The region that the host of a URL names.
    region: str | None = None


def read_bucket_file(text: str) -> BucketFile | None:
    """Return the file that any of the forms means; None for anything else."""
    file = _from_url(text) or BucketFile(text)
    return file if _REFERENCE.fullmatch(file.reference) else None


def _from_url(text: str) -> BucketFile | None:
    obs, https = _OBS_URL.fullmatch(text), _HTTPS_URL.fullmatch(text)
    if obs:
        return BucketFile(f"{obs.group(1)}:{obs.group(2)}")
    if https:
        bucket, region, path = https.groups()
        return BucketFile(f"{bucket.lower()}:{_decoded(path)}", region.lower())
    return None


def _decoded(path: str) -> str:
    """Return the object key of a URL, '' if its escapes are no text."""
    from urllib.parse import unquote  # URLs are rare

    try:
        return unquote(path, errors="strict")
    except UnicodeDecodeError:
        return ""
