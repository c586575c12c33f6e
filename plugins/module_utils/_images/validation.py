# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the API accepts, checked before any request: each message names the option, the value and
the rule.

Sources: IMS API reference, "Image Attributes" and the pages of the four create calls; EVS API
reference, "Exporting EVS Disk Data as an Image".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from .failures import InvalidArgument
from .model.image import split_tag

try:
    import jmespath
except ImportError:  # the front end says so before anything runs (cloud.libraries)
    jmespath = None  # type: ignore[assignment,unused-ignore]

_NAME = re.compile(r"[A-Za-z0-9 ._\-\u3400-\u4dbf\u4e00-\u9fff]{1,128}")
_NAME_RULE = (
    "1 to 128 letters (Chinese ones included), digits, spaces, '-', '.' and '_', "
    "not starting or ending with a space"
)
_DESCRIPTION_LENGTH = 1024
_DESCRIPTION_TABOO = "\r\n<>"
_TAGS = 10
# What all clouds refuse in keys and values of tags. Most regions of Huawei Cloud take no more than
# letters, digits, '_', '-' and (in values) '.', Flexible Engine takes everything else (IMS API
# reference, "Image Tag Data Formats", of each cloud): the cloud decides on the rest.
_TAG_TABOO = r"=*<>\\,|/\x00-\x1f\x7f"
_TAG_KEY = re.compile(rf"(?! )[^{_TAG_TABOO}]{{1,36}}(?<! )")
_TAG_VALUE = re.compile(rf"(?! )[^{_TAG_TABOO}]{{0,43}}(?<! )")
_TAG_RULE = "characters, none of them = * < > \\ , | / or a control character, no space at the ends"
UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_URL = re.compile(r"(?P<bucket>[a-z0-9][a-z0-9.\-]{1,61}[a-z0-9]):(?P<key>[^\s:][^\s]{0,1023})")
_MIN_DISK = (1, 1024)
_AGE = re.compile(r"(\d+)\s*([smhdw]?)")
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}
# Wildcards of fnmatch. A bracket right at the start of a set belongs to it; one that nothing closes
# is a plain character.
_WILDCARD = re.compile(r"[*?]|\[(?:!|(?!!))(?:\][^\]]*|[^\]]+)\]")
_WILDCARDS = frozenset("*?[]")
# A pattern needs so many letters or digits beside its wildcards to mean some images and not all.
_LITERALS = 2


def reject(option: str, value: Any, rule: str) -> InvalidArgument:
    return InvalidArgument(f"{option}: {value!r} is not accepted: {rule}.")


def check_given(option: str, value: Any) -> None:
    """Refuses an option that selects images and is given, but empty: an empty variable must not
    mean more images than the user had in mind. None was not given."""
    if isinstance(value, str) and not value.strip():
        raise reject(
            option, value, "it is empty; fill the variable that it comes from, or take it out"
        )


def id_or_name(value: str | None) -> str | None:
    """An id in lower case, as clouds write ids; anything else as it is."""
    return value.lower() if value is not None and UUID.fullmatch(value) else value


def check_tag(option: str, tag: str | None) -> None:
    """A tag that images are selected by: "key=value", "key.value" or "key"."""
    check_given(option, tag)
    if tag is not None and not split_tag(tag)[0].strip():
        raise reject(option, tag, "it has no key; write key=value, or the key alone")


def _making(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """What all modules that make an image share, checked. Raises InvalidArgument."""
    check_identity(arguments)
    result = _looks(arguments)
    result["image_id"] = id_or_name(result.get("image_id"))
    result["max_age"] = seconds(result.get("max_age"))
    return result


def _looks(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """What an image is to look like, checked; both forms of tags become one mapping in
    image_tags."""
    result = timing(arguments)
    check_description(result.get("description"))
    check_ram(result.get("min_ram"), result.get("max_ram"))
    result["enterprise_project_id"] = enterprise_project(result.get("enterprise_project_id"))
    result["image_tags"] = tags(result.get("tags"), result.get("image_tags"))
    return result


def timing(arguments: Mapping[str, Any]) -> dict[str, Any]:
    if "wait_timeout" in arguments:
        check_wait(arguments["wait_timeout"])
    check_http_timeout(arguments.get("http_timeout"))
    return dict(arguments)


def change(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Of the module image, which changes any image. Raises InvalidArgument."""
    check_image("image", arguments["image"])
    if arguments.get("name") is not None:
        check_name(arguments["name"])
    return _looks(arguments)


def listing(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Of the module image_info, which lists. Ages come back in seconds. Raises InvalidArgument."""
    result = timing(arguments)
    for option in ("image_id", "name", "source", "os_version", "enterprise_project_id"):
        check_given(option, arguments.get(option))
    check_tag("tag", arguments.get("tag"))
    for option in ("image_id", "name"):
        check_image(option, arguments.get(option))
    for option in ("image_id", "source"):
        result[option] = id_or_name(arguments.get(option))
    result["enterprise_project_id"] = enterprise_project(result.get("enterprise_project_id"))
    for option in ("older_than", "newer_than"):
        result[option] = seconds(result.get(option), option)
    check_query(result.get("query"))
    return result


def retention(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Of the module image_retention, which deletes what is no longer to be kept. Ages come back in
    seconds, keep_newest as a number. Raises InvalidArgument."""
    result = timing(arguments)
    check_given("enterprise_project_id", arguments.get("enterprise_project_id"))
    result["enterprise_project_id"] = enterprise_project(result.get("enterprise_project_id"))
    if not arguments["families"]:
        raise InvalidArgument("families: it is empty; say which images belong together.")
    result["families"] = [
        _family(number, family) for number, family in enumerate(arguments["families"], 1)
    ]
    for number, kept in enumerate(arguments["keep"], 1):
        check_given(f"keep, entry {number}", kept)
        check_image(f"keep, entry {number}", kept)
    # Of "a, b" Ansible makes "a" and " b", which is no image's name: it would not be kept.
    result["keep"] = [id_or_name(kept.strip()) for kept in arguments["keep"]]
    return result


def _family(number: int, family: Mapping[str, Any]) -> dict[str, Any]:
    """What is meant has to be said: neither all images of a project nor none to be kept is a
    default."""
    where = f"families, entry {number}"
    name, tag, source = (family.get(option) for option in ("name", "tag", "source"))
    newest = family.get("keep_newest")
    check_given(f"{where}: name", name)
    check_tag(f"{where}: tag", tag)
    check_given(f"{where}: source", source)
    younger = seconds(family.get("keep_younger_than"), f"{where}: keep_younger_than")
    if name is None and tag is None and source is None:
        raise InvalidArgument(f"{where}: name, tag or source has to say which images belong to it.")
    if name is not None and tag is None and source is None:
        _check_pattern(f"{where}: name", name)
    if newest is None and younger is None:
        raise InvalidArgument(
            f"{where}: keep_newest or keep_younger_than has to say what is to be kept."
        )
    if newest is not None and newest < 0:
        raise reject(f"{where}: keep_newest", newest, "it is a number of images, 0 or more")
    predicted = family.get("predicted") or 0
    if predicted < 0:
        raise reject(f"{where}: predicted", predicted, "it is a number of images, 0 or more")
    if newest == 0 and younger is None:
        raise reject(
            f"{where}: keep_newest", newest, "no image would be kept; give keep_younger_than, too"
        )
    return {
        "name": name,
        "tag": tag,
        "source": id_or_name(source),
        "keep_newest": 1 if newest is None else newest,
        "keep_younger_than": younger,
        "predicted": predicted,
    }


def _check_pattern(option: str, name: str) -> None:
    literals = _WILDCARD.sub("", name)
    is_pattern = literals != name
    if is_pattern and sum(character.isalnum() for character in literals) < _LITERALS:
        raise reject(
            option,
            name,
            "it may mean all images; a pattern needs at least two letters or digits beside its "
            "wildcards, or a tag or a source with it",
        )


def check_query(query: str | None) -> None:
    """Whatever can be said of an expression without data. Raises InvalidArgument."""
    if query is None:
        return
    try:
        syntax = jmespath.compile(query).parsed
    except (ValueError, RecursionError) as error:  # JMESPath's own errors are ValueErrors
        reason = " ".join(str(error).split())
        raise reject(
            "query",
            query,
            f"it is no JMESPath expression (numbers stand in backticks, as in [?min_disk > `40`]); "
            f"{reason}",
        ) from None
    unknown = sorted(_functions(syntax) - set(jmespath.functions.Functions.FUNCTION_TABLE))
    if unknown:
        raise reject("query", query, f"JMESPath has no function {unknown[0]}()")


def _functions(syntax: Mapping[str, Any]) -> set[str]:
    """The functions that an expression calls."""
    nodes = [syntax]
    for node in nodes:
        nodes.extend(child for child in node["children"] if isinstance(child, Mapping))
    return {node["value"] for node in nodes if node["type"] == "function_expression"}


def check_identity(arguments: Mapping[str, Any]) -> None:
    """An image to be present needs a name, one to be absent its name or its id."""
    name, image_id = arguments.get("name"), arguments.get("image_id")
    absent = arguments["state"] == "absent"
    if name is None and not (absent and image_id):
        raise InvalidArgument(f"name: it is needed{' (or image_id)' if absent else ''}.")
    if name is not None:
        check_name(name)
    if image_id is None or "source_image" in arguments:
        return
    if not absent:
        raise reject("image_id", image_id, "it goes with state: absent only; the cloud gives ids")
    if name is not None:
        raise InvalidArgument("name and image_id: give one of the two to say which image goes.")
    if not UUID.fullmatch(image_id):
        raise reject("image_id", image_id, "it has to be a UUID")


def seconds(age: str | None, option: str = "max_age") -> float | None:
    """ "7d", "12h", "90m", "3600s" or "3600" in seconds."""
    if age is None:
        return None
    match = _AGE.fullmatch(age.strip())
    value = float(match.group(1)) * _UNITS[match.group(2) or "s"] if match else 0.0
    if value <= 0:
        raise reject(option, age, "it is a number of s, m, h, d or w, as in 12h or 7d")
    return value


def check_name(name: str) -> None:
    _refuse_pattern("name", name)
    if not _NAME.fullmatch(name) or name != name.strip(" "):
        raise reject("name", name, f"it has to be {_NAME_RULE}")


def check_description(text: str | None) -> None:
    if text is None:
        return
    if len(text) > _DESCRIPTION_LENGTH:
        raise InvalidArgument(
            f"description: {text[:40]!r}… has {len(text)} characters, at most "
            f"{_DESCRIPTION_LENGTH} are accepted."
        )
    if any(character in text for character in _DESCRIPTION_TABOO):
        raise reject(
            "description", text, "line breaks and the characters '<' and '>' are not allowed in it"
        )


def check_ram(min_ram: int | None, max_ram: int | None) -> None:
    for option, value in (("min_ram", min_ram), ("max_ram", max_ram)):
        if value is not None and value < 0:
            raise reject(option, value, "it is in MB, 0 (no limit) or more")
    if min_ram and max_ram and max_ram < min_ram:
        raise reject("max_ram", max_ram, f"it is less than min_ram ({min_ram} MB)")


def enterprise_project(value: str | None) -> str | None:
    """'' means the default project, as '0' does."""
    if value is None:
        return None
    if value in ("", "0"):
        return "0"
    if not UUID.fullmatch(value):
        raise reject(
            "enterprise_project_id", value, "it has to be '0' (the default project) or a UUID"
        )
    return value.lower()


def check_wait(timeout: int) -> None:
    if timeout <= 0:
        raise reject(
            "wait_timeout", timeout, "it is in seconds, 1 or more; to start only, set wait: false"
        )


def check_http_timeout(seconds: int | None) -> None:
    if seconds is not None and seconds <= 0:
        raise reject("http_timeout", seconds, "it is in seconds, 1 or more")


def tags(old: list[str] | None, new: Any) -> dict[str, str] | None:
    """The wanted tags from `tags` (list of key.value) or `image_tags` (mapping, or list of {key,
    value}); None if neither. Both are "left blank by default" (IMS API reference, "Creating a
    Full-ECS Image"), so one of them may be empty beside the other."""
    pairs = None if new is None else _pairs(new)
    if old and pairs:
        raise InvalidArgument(
            "tags and image_tags: give one of the two, they say the same in different forms."
        )
    if old:
        # The first dot splits; what has none is a key without a value.
        return _checked_tags("tags", [item.partition(".")[::2] for item in old])
    if pairs is not None:
        return _checked_tags("image_tags", pairs)
    return None if old is None else {}


def _pairs(value: Any) -> list[tuple[Any, Any]]:
    if isinstance(value, Mapping):
        return list(value.items())
    if isinstance(value, list) and all(isinstance(item, Mapping) for item in value):
        for item in value:
            if set(item) != {"key", "value"}:
                raise reject(
                    "image_tags",
                    dict(item),
                    "each entry of the list needs key and value, and nothing else",
                )
        return [(item["key"], item["value"]) for item in value]
    raise reject("image_tags", value, "it is a mapping (key: value), or a list of {key, value}")


def _checked_tags(option: str, pairs: list[tuple[Any, Any]]) -> dict[str, str]:
    result: dict[str, str] = {}
    for raw_key, raw_value in pairs:
        key = _tag_text(option, raw_key, raw_key)
        value = _tag_text(option, "" if raw_value is None else raw_value, {raw_key: raw_value})
        if not _TAG_KEY.fullmatch(key):
            form = "; write key.value, or image_tags with key: value" if option == "tags" else ""
            raise reject(option, key, f"a key has 1 to 36 {_TAG_RULE}{form}")
        if not _TAG_VALUE.fullmatch(value):
            raise reject(option, f"{key}: {value}", f"a value has 0 to 43 {_TAG_RULE}")
        if key.startswith("_sys"):
            raise reject(option, key, "keys that start with _sys belong to the cloud")
        if key in result:
            raise reject(option, key, "this key is given twice")
        result[key] = value
    if len(result) > _TAGS:
        raise InvalidArgument(
            f"{option}: {len(result)} tags are given, an image has at most {_TAGS}."
        )
    return result


def _tag_text(option: str, value: Any, told: Any) -> str:
    """Numbers are plain enough; true, 1.10 and the like are not what the user typed: they must be
    quoted. told: what a refusal shows."""
    if isinstance(value, (bool, float)) or not isinstance(value, (str, int)):
        raise reject(option, told, "keys and values are text; put it in quotes")
    return str(value)


def check_key(cmk_id: str | None) -> None:
    """'' means no key: the API's parameter is "left blank by default"."""
    if cmk_id and not UUID.fullmatch(cmk_id):
        raise reject("cmk_id", cmk_id, "it has to be the id of a KMS key, a UUID of 36 characters")


def check_image_url(url: str) -> None:
    match = _URL.fullmatch(url)
    if not match or "//" in url.split(":", 1)[1][:2]:
        raise reject(
            "image_url",
            url,
            "it has to be <bucket>:<object key> without spaces, as in my-bucket:images/web.zvhd2",
        )


def check_min_disk(min_disk: int) -> None:
    low, high = _MIN_DISK
    if not low <= min_disk <= high:
        raise reject("min_disk", min_disk, f"it is in GB, {low} to {high}")


def whole_image(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """One of instance and backup; vault goes with instance, backup_type with backup."""
    instance, backup = arguments.get("instance"), arguments.get("backup")
    none_needed = arguments["state"] == "absent" and instance is None and backup is None
    if (instance is None) == (backup is None) and not none_needed:
        given = "both were given" if instance is not None else "none was given"
        raise InvalidArgument(
            f"instance and backup: exactly one of them says what the image is made of; {given}."
        )
    if backup is not None and arguments.get("vault") is not None:
        raise reject(
            "vault",
            arguments["vault"],
            "it goes with instance only; a backup is in its vault already",
        )
    if instance is not None and arguments.get("backup_type") is not None:
        raise reject("backup_type", arguments["backup_type"], "it goes with backup only")
    for option in ("instance", "backup", "vault"):
        check_reference(option, arguments.get(option))
    return _making(arguments)


def check_image(option: str, value: str | None) -> None:
    """An option that means one image, by its id or its exact name."""
    check_reference(option, value)
    if value is not None:
        _refuse_pattern(option, value)


def _refuse_pattern(option: str, value: str) -> None:
    """A pattern in place of an image's name would mean an image that cannot exist."""
    if _WILDCARDS.intersection(value):
        raise reject(
            option,
            value,
            "it has to be an id or an exact name, without * ? [ and ]; patterns go with the query "
            "of image_info and the families of image_retention",
        )


def check_reference(option: str, value: str | None) -> None:
    if value is not None and not value.strip():
        raise reject(option, value, "it has to be an id or an exact name")


def volume_export(arguments: Mapping[str, Any]) -> dict[str, Any]:
    need(arguments, "volume")
    check_reference("volume", arguments["volume"])
    return _making(arguments)


def image_copy(arguments: Mapping[str, Any]) -> dict[str, Any]:
    need(arguments, "source_image")
    check_image("source_image", arguments["source_image"])
    check_key(arguments["cmk_id"])
    if arguments["state"] == "absent":
        # A key narrows down which image goes; one that is empty must not mean copies of any key.
        check_given("cmk_id", arguments["cmk_id"])
    return _making(arguments)


def need(arguments: Mapping[str, Any], *options: str) -> None:
    """What an image is made of is needed to make it, not to remove it."""
    for option in options:
        if arguments["state"] == "present" and arguments.get(option) is None:
            raise InvalidArgument(f"{option}: it is missing; an image is not made without it.")


def quick_import(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The file; then what the kind of image, which a removal does not care for, asks for."""
    if arguments.get("image_url") is not None:
        check_image_url(arguments["image_url"])
    if arguments.get("min_disk") is not None:
        check_min_disk(arguments["min_disk"])
    if arguments["state"] == "present":
        need(arguments, "image_url", "min_disk")
        _check_kind(arguments)
    check_given("os_version", arguments.get("os_version"))
    return _making(arguments)


def _check_kind(arguments: Mapping[str, Any]) -> None:
    """System disk images (ECS, BMS) know an os_version, data disk images an os_type."""
    kind = arguments["type"]
    if kind == "DataImage":
        for option in ("os_version", "architecture", "hw_firmware_type", "license_type"):
            if arguments.get(option) is not None:
                raise reject(
                    option,
                    arguments[option],
                    "a data disk image (type: DataImage) has no such thing",
                )
        return
    if not arguments.get("os_version"):
        raise InvalidArgument(f"os_version: it is needed for a system disk image (type: {kind}).")
    if arguments.get("os_type") is not None:
        raise reject(
            "os_type",
            arguments["os_type"],
            f"type: {kind} takes os_version; os_type is for type: DataImage",
        )
    if arguments.get("architecture") == "arm" and arguments.get("hw_firmware_type") == "bios":
        raise reject("hw_firmware_type", "bios", "architecture: arm boots with uefi only")
    windows = str(arguments["os_version"]).lower().startswith("windows")
    if arguments.get("license_type") is not None and not windows:
        raise reject(
            "license_type", arguments["license_type"], "it goes with a Windows os_version only"
        )
