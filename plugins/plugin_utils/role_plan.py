# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Computes the entries that the roles golden_image and image_import give to image_batch."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.module_utils.common.text.converters import to_text
from ansible_collections.huaweicloud.ims.plugins.module_utils._front.nested import validated
from ansible_collections.huaweicloud.ims.plugins.module_utils._images.failures import (
    InvalidArgument,
)
from ansible_collections.huaweicloud.ims.plugins.module_utils._images.operations.arguments import (
    image_batch,
    image_retention,
)
from ansible_collections.huaweicloud.ims.plugins.plugin_utils.argument_forms import (
    entries_in_one_form,
)

Json = dict[str, Any]

# What golden_image creates images of: the option that lists it, the option of the source in its
# entries, the module that creates the image, and the kind that is published.
_SOURCES = (
    ("servers", "instance", "whole_image", "whole"),
    ("backups", "backup", "whole_image", "whole"),
    ("disks", "volume", "volume_image_export", "export"),
)
# Options of an entry that the role reads, not the module that creates the image.
_OWN = {"whole": ("family", "name"), "export": ("family", "name", "cmk_id", "copy_name")}
# Options of a disk that hold for its encrypted copy as well.
_OF_COPIES = (
    *("description", "image_tags", "min_ram", "max_ram", "enterprise_project_id"),
    "if_source_differs",
)
# Given and empty, these would mean another image or another time than the user thinks.
_NEVER_EMPTY = (*("family", "name", "copy_name", "image_url", "os_version", "max_age", "keep_old"),)
# In these null stands for an id that check mode cannot know, as '' does; a real run refuses it.
_IDS = ("instance", "vault", "backup", "volume")
_ENCRYPTED = "-encrypted"
_EMPTY = "given, but empty. Fill the variable that it comes from, or leave it out."


@dataclass
class _Plan:
    """What a role is going to do, or why it cannot."""

    problems: list[str] = field(default_factory=list)
    # Entries of image_batch; for each of them what else the role knows of its image.
    images: list[Json] = field(default_factory=list)
    about: list[Json] = field(default_factory=list)

    def add(self, maker: str, options: Mapping[str, Any], **about: Any) -> None:
        self.images.append({maker: dict(options)})
        self.about.append(about)

    def to_result(self) -> Json:
        return dict(vars(self))


def plan_golden_images(options: Mapping[str, Any]) -> Json:
    """Return the entries of image_batch for the options of golden_image (named without its prefix).

    `problems` has a sentence for each wrong option; only without any the rest is complete.
    """
    plan = _Plan()
    naming = _Naming.read(options, plan.problems)
    tags = _mapping("golden_image_image_tags", options["image_tags"] or {}, plan.problems)
    copies = []
    for option, source, maker, kind in _SOURCES:
        for place, entry in _entries(f"golden_image_{option}", options[option], source, plan):
            names = naming.names(place, entry, source, plan.problems)
            given = {name: value for name, value in entry.items() if name not in _OWN[kind]}
            given.update(_tags(place, entry, tags, plan.problems), name=names.name)
            if maker == "whole_image":
                given.setdefault("delete_backup", options["delete_backup"])
            plan.add(maker, given, kind=kind, family=names.family)
            key = entry.get("cmk_id", options["cmk_id"]) if maker != "whole_image" else None
            if not _is_empty(key):
                copies.append((names, {"cmk_id": key, **_of_copy(given)}))
    for names, given in copies:
        own = {"name": names.copy_name, "source_image": names.name, **given}
        plan.add("image_copy", own, kind="copy", family=names.family_of_copy)
    if not plan.images and not plan.problems:
        plan.problems.append(
            "Nothing to create an image of: give golden_image_servers (as in [web-01]),"
            " golden_image_backups (as in [nightly-1]) or golden_image_disks (as in [web-01-data])."
        )
    _check_retention(options["retention"], options["keep"], plan.problems)
    _check_images(plan)
    return plan.to_result()


def plan_imports(files: Any) -> Json:
    """Return the entries of image_batch for the files of image_import, as `plan_golden_images`
    does."""
    plan = _Plan()
    for place, entry in _entries("image_import_files", files, "image_url", plan):
        url = _text(f"{place}.image_url", entry["image_url"], plan.problems)
        file_name = posixpath.splitext(re.sub("^.*[:/]", "", url, flags=re.DOTALL))[0]
        plan.add("quick_import", {"name": file_name, **entry})
    if not plan.images and not plan.problems:
        plan.problems.append(
            "Nothing to import: give image_import_files (as in [{image_url: my-bucket:web.zvhd2,"
            " min_disk: 40, os_version: CentOS 7.0 64bit}])."
        )
    _check_images(plan)
    return plan.to_result()


def _check_images(plan: _Plan) -> None:
    """Refuse what image_batch would refuse, before the role changes anything. Whether it runs in
    check mode, where an id may be empty, only the module knows."""
    if plan.problems:
        return
    arguments = {"images": plan.images, "concurrency": 1}
    try:
        given = entries_in_one_form(arguments, image_batch.NESTED, True)
        entries, _warnings = validated(given, image_batch.ARGUMENTS, image_batch.NESTED, True)
        image_batch.check(entries)
    except InvalidArgument as error:
        plan.problems.append(str(error))


# --- names


@dataclass(frozen=True)
class _Names:
    """The names of an image and of its copy. Of an image that belongs to a family, `family` and
    `family_of_copy` are what stands before and after the date."""

    name: str
    copy_name: str
    family: tuple[str, str] | None
    family_of_copy: tuple[str, str] | None


@dataclass(frozen=True)
class _Naming:
    """How images without a name of their own are called."""

    template: str
    date: str

    @classmethod
    def read(cls, options: Mapping[str, Any], problems: list[str]) -> _Naming:
        option = "golden_image_name_template"
        template = _text(option, options["name_template"], problems)
        date = _text("golden_image_date", options["date"], problems)
        rest = template.replace("{family}", "", 1).replace("{date}", "", 1)
        if not template or "{" in rest or "}" in rest:
            problems.append(
                f"{option}: {template!r} is no template. It may have {{family}} and {{date}}, each"
                " once, and no other braces."
            )
        return cls(template, date)

    def names(
        self, place: str, entry: Mapping[str, Any], source: str, problems: list[str]
    ) -> _Names:
        """Return the names of the image of an entry, and of its copy."""
        texts = {
            option: _text(f"{place}.{option}", entry[option], problems)
            for option in ("name", "copy_name", "family", source)
            if not _is_empty(entry.get(option))
        }
        # A source that check mode cannot know has no name either.
        number = place.rpartition("[")[2].rstrip("]")
        family = texts.get("family") or texts.get(source) or f"unknown-{source}-{number}"
        before, date, after = self.template.replace("{family}", family).partition("{date}")
        name = texts.get("name") or before + (self.date if date else "") + after
        in_family = bool(date) and "name" not in texts
        return _Names(
            name,
            texts.get("copy_name") or name + _ENCRYPTED,
            (before, after) if in_family else None,
            (before, after + _ENCRYPTED) if in_family and "copy_name" not in texts else None,
        )


# --- entries


def _entries(
    option: str, given: Any, source: str, plan: _Plan
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the entries of an option, and where each stands. A text is the source alone."""
    problems = plan.problems
    for place, value in _members(option, given, problems):
        alone = value is None or (isinstance(value, (str, int)) and not isinstance(value, bool))
        entry = {source: _text(place, value, problems)} if alone else value
        if not isinstance(entry, Mapping) or _is_structure(value):
            problems.append(
                f"{place}: text or a mapping such as {{{source}: …}} is needed. Write it as YAML,"
                " or convert it (from_yaml)."
            )
        elif source not in entry:
            problems.append(f"{place}: {source} is missing.")
        else:
            empty = [name for name in _NEVER_EMPTY if name in entry and _is_empty(entry[name])]
            problems += [f"{place}.{name}: {_EMPTY}" for name in empty]
            yield place, {**entry, **{name: "" for name in _IDS if entry.get(name, "") is None}}


def _members(option: str, given: Any, problems: list[str]) -> Iterator[tuple[str, Any]]:
    """Yield the members of a list, and where each stands."""
    if isinstance(given, (list, tuple)):
        yield from ((f"{option}[{at}]", value) for at, value in enumerate(given))
    elif _is_empty(given):
        problems.append(f"{option}: {_EMPTY}")
    else:
        problems.append(
            f"{option}: a list is needed, not text. Write it as YAML, or convert it (from_yaml)."
        )


def _mapping(option: str, given: Any, problems: list[str]) -> Mapping[str, Any]:
    if isinstance(given, Mapping):
        return given
    problems.append(
        f"{option}: a mapping is needed, not text. Write it as YAML, or convert it (from_yaml)."
    )
    return {}


def _text(place: str, value: Any, problems: list[str]) -> str:
    if isinstance(value, (Mapping, list, tuple, bool)):
        problems.append(f"{place}: text is needed.")
        return ""
    return "" if value is None else str(to_text(value))


def _is_empty(value: Any) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def _is_structure(value: Any) -> bool:
    """Is it the text of a list or a mapping, which no source is called?"""
    return isinstance(value, str) and value.strip()[:1] in ("{", "[")


def _tags(
    place: str, entry: Mapping[str, Any], for_all: Mapping[str, Any], problems: list[str]
) -> Json:
    """Return the tags of an image: those for all, and its own, which win."""
    own = entry.get("image_tags")
    if not for_all or own is None:
        return {"image_tags": dict(for_all)} if for_all else {}
    return {"image_tags": {**for_all, **_mapping(f"{place}.image_tags", own, problems)}}


def _of_copy(given: Mapping[str, Any]) -> Json:
    """Return the options of an export that its copy has as well. An export that is created again is
    another source: then its copy is to be created again, too."""
    options = {name: given[name] for name in _OF_COPIES if name in given}
    return {"if_source_differs": "replace", **options} if given.get("max_age") else options


# --- retention


def _check_retention(retention: Any, keep: Any, problems: list[str]) -> None:
    """Refuse what would cost an image that the user wants, and what image_retention would refuse
    after the images have been created."""
    option = "golden_image_retention"
    rule = _mapping(option, retention, problems)
    places = [(f"{option}.{name}", value) for name, value in rule.items()]
    kept = list(_members("golden_image_keep", keep, problems))
    problems += [f"{place}: {_EMPTY}" for place, value in (*places, *kept) if _is_empty(value)]
    names = [_text(place, value, problems) for place, value in kept]
    if problems or not rule:
        return
    spec = {option: {"type": "dict", "options": image_retention.FAMILY}}
    validation = ArgumentSpecValidator(spec).validate({option: {"name": "any-family", **rule}})
    if validation.error_messages:
        problems += validation.error_messages
        return
    try:
        family = validation.validated_parameters[option]
        image_retention.check({"families": [family], "keep": names})
    except InvalidArgument as error:
        problem = str(error).replace("families, entry 1", option)
        problems.append(problem.replace("keep, entry", "golden_image_keep, entry"))
