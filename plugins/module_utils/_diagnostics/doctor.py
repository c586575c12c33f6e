# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Finds out what stands between a task and the cloud. Only reads, and each check is on its own: one
that fails hides none of the others."""

from __future__ import annotations

import platform
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

from .._cloud import accounts, credentials, errors, libraries, settings_review
from .._cloud.client import SKEW_WORTH_TELLING, Client
from .._cloud.clock import Deadline
from .._cloud.endpoints import cloud_of
from .._images.context import Task
from .._images.operations.arguments.connection import CONNECTION
from .._images.result import success
from .._images.validation import check_times
from .client import NoEndpoints
from .permissions import LOOK_UPS, MODULES, ROLES, Needs, needs_of_role

Json = dict[str, Any]
T = TypeVar("T")

OK, WARNING, PROBLEM, UNKNOWN = "ok", "warning", "problem", "unknown"
# Those that the modules use; the predecessor of CBR is asked by hardly anybody.
SERVICES = ("iam", "ims", "ecs", "evs", "cbr")
ALWAYS_NEEDED = ("iam", "ims")
# The time that a check has, in seconds: a service that does not answer is not to hold up the rest.
TIME_OF_A_CHECK = 20


@dataclass(frozen=True)
class Check:
    """What one check has found. hint: what to do about it; group: checks of one group that have
    found the same are reported in one line."""

    name: str
    status: str
    message: str
    hint: str = ""
    group: str = ""

    def to_result(self) -> Json:
        found = {"name": self.name, "status": self.status, "message": self.message}
        return {**found, "hint": self.hint}


@dataclass
class Findings:
    """What is known so far. The facts are None as long as they are not."""

    client: Client
    checks: list[Check] = field(default_factory=list)
    reached: set[str] = field(default_factory=set)
    # Has any service accepted the credentials, or what did the last one say that has not?
    accepted: bool = False
    refused: Exception | None = None
    account: Json | None = None
    project: Json | None = None
    quota: Json | None = None
    lacking: set[str] = field(default_factory=set)
    unsure: set[str] = field(default_factory=set)
    # What the look-ups returned or raised, by their names in LOOK_UPS.
    answers: dict[str, Any] = field(default_factory=dict)

    def add(self, name: str, status: str, message: str, hint: str = "", group: str = "") -> None:
        self.checks.append(Check(name, status, message, hint, group))

    def attempt(self, ask: Callable[[], T]) -> T | Exception:
        """The answer, or what came in between: a mistake of ours, too, is to hide no other
        check."""
        self.client.deadline = Deadline(self.client.clock, TIME_OF_A_CHECK)
        try:
            return ask()
        except Exception as error:
            return error

    def ask(self, ask: Callable[[], T]) -> T | Exception:
        """The same of a call that says who asks: it shows whether the cloud knows us."""
        found = self.attempt(ask)
        if isinstance(found, (errors.Unauthorized, errors.CredentialsError)):
            self.refused = found
        elif isinstance(found, errors.Forbidden) or not isinstance(found, Exception):
            self.accepted = True
        return found

    @property
    def known(self) -> bool:
        """Is there hope that the cloud accepts the credentials?"""
        return self.accepted or self.refused is None


def check(arguments: Mapping[str, Any]) -> Json:
    """Check the options of account_info. Raises InvalidArgument."""
    return check_times(arguments)


def run(task: Task, arguments: Mapping[str, Any]) -> Json:
    """The task's result: all checks, the facts that they brought to light, and the report."""
    client = task.client
    found = Findings(client)
    _settings(found, arguments)
    for examine in (
        _endpoints,
        _clock,
        _account,
        _region,
        _project,
        _look_ups,
        _quota,
        _modules,
    ):
        examine(found)
    found.checks.append(_credentials(found))
    found.checks.sort(key=_place_in_report)
    ahead = client.seconds_ahead()
    return success(
        changed=False,
        healthy=not any(check.status == PROBLEM for check in found.checks),
        checks=[check.to_result() for check in found.checks],
        report=list(_report(found.checks)),
        credentials=client.auth_source,
        account=found.account,
        region=client.region or None,
        project=found.project,
        endpoints={service: _address(found, service) for service in SERVICES},
        seconds_ahead=None if ahead is None else round(ahead),
        quota=found.quota,
        modules={name: _permitted(found, needs) for name, needs in MODULES.items()},
        roles={name: _permitted(found, needs_of_role(name)) for name in ROLES},
        python=platform.python_version(),
        requests=libraries.version_of_requests(),
    )


def _permitted(found: Findings, needs: Needs) -> Json:
    return {
        "lacks": [LOOK_UPS[one].action for one in needs.look_ups if one in found.lacking],
        "unknown": [LOOK_UPS[one].action for one in needs.look_ups if one in found.unsure],
        "not_tried": list(needs.orders),
    }


# Who and where come first, whenever it was found out.
_FIRST = ("credentials", "account", "region", "project")


def _place_in_report(check: Check) -> int:
    return _FIRST.index(check.name) if check.name in _FIRST else len(_FIRST)


# --- where and who, as far as the settings say it


def _settings(found: Findings, arguments: Mapping[str, Any]) -> None:
    """Each setting that is not used or not understood; nothing if there is none."""
    options = {name: arguments.get(name) for name in CONNECTION}
    directory, environ = credentials.working_directory(), found.client.connection.environ
    noticed = found.attempt(
        lambda: list(settings_review.review_settings(options, environ, directory))
    )
    if isinstance(noticed, Exception):
        found.add("settings", UNKNOWN, *_said(noticed))
        return
    for remark in noticed:
        status = PROBLEM if remark.serious else WARNING
        found.add(f"setting {remark.name}", status, remark.message, group="setting")


# --- where


def _address(found: Findings, service: str) -> str | None:
    address = found.attempt(lambda: found.client.connection.url(service))
    return address if isinstance(address, str) else None


def _endpoints(found: Findings) -> None:
    for service in SERVICES:
        title = f"endpoint {service}"
        answered = found.attempt(partial(found.client.ping, service))
        if not isinstance(answered, Exception):
            found.reached.add(service)
            url = found.client.connection.url(service)
            found.add(title, OK, f"{url} answers", group="endpoint")
        elif _unknown(answered, found.client):
            found.add(title, UNKNOWN, "the region does not tell it", group="endpoint")
        else:
            status = PROBLEM if service in ALWAYS_NEEDED else WARNING
            found.add(title, status, *_said(answered), group="endpoint")


def _unknown(error: Exception, client: Client) -> bool:
    """Is an address not known, for want of a region that is? The region's own check says so."""
    settings = isinstance(client.connection.endpoints, NoEndpoints)
    return isinstance(error, errors.ConfigurationError) and not settings


def _clock(found: Findings) -> None:
    ahead = found.client.seconds_ahead()
    if ahead is None:
        found.add("clock", UNKNOWN, "no service has answered, and so told its time")
        return
    # Dates have no fractions of a second, and answers take time.
    side = "ahead of" if ahead > 0 else "behind"
    told = f"this machine is {abs(ahead):.0f} seconds {side} the cloud"
    if abs(ahead) <= SKEW_WORTH_TELLING:
        found.add("clock", OK, told if abs(ahead) > 2 else "this machine agrees with the cloud")
        return
    hint = "Set this machine's clock (NTP): signatures from the past or the future are refused."
    found.add("clock", PROBLEM, told, hint)


def _region(found: Findings) -> None:
    region = found.client.region
    domain = cloud_of(region)
    address = found.attempt(lambda: found.client.connection.url("ims"))
    if isinstance(address, Exception) and _unknown(address, found.client):
        message, hint = _said(address)
        told, _dot, advice = message.partition(". ")
        found.add("region", PROBLEM, told, advice or hint)
    elif not region:
        found.add("region", WARNING, "none is set", "Set region, HW_REGION_NAME or OS_REGION_NAME.")
    else:
        known = f"of {domain}" if domain else "not one that the collection knows"
        found.add("region", OK, f"{region}, {known}")


# --- who


def _credentials(found: Findings) -> Check:
    """Last, because every call shows whether the cloud accepts them; told first."""
    source = found.client.auth_source
    if found.accepted:
        return Check("credentials", OK, source)
    if isinstance(found.refused, errors.CredentialsError):
        return Check("credentials", PROBLEM, *_said(found.refused))
    if found.refused is not None:
        message, hint = _said(found.refused)
        return Check("credentials", PROBLEM, f"{source}: {message}", hint)
    return Check("credentials", UNKNOWN, f"{source}: nobody was there to accept or refuse them")


def _account(found: Findings) -> None:
    if "iam" not in found.reached and not _nobody(found):
        found.add("account", UNKNOWN, "IAM cannot be reached")
        return
    told = found.ask(lambda: accounts.own_accounts(found.client))
    if isinstance(told, list) and told:
        # The one that the project belongs to, as far as there is a choice.
        found.account = {"id": told[0].id, "name": told[0].name}
        found.add("account", OK, f"{told[0].name} ({told[0].id})")
    elif isinstance(told, list):
        # Keystone lists those in which the user has a role of the account's own.
        found.add("account", UNKNOWN, "IAM names none that these credentials have a role in")
    elif found.known:
        found.add("account", UNKNOWN, *_said(told))
    else:
        found.add("account", UNKNOWN, "cannot be looked up without credentials that are accepted")


def _nobody(found: Findings) -> bool:
    """Is it clear already, before anything is sent, that there are no credentials?"""
    return found.client.auth_source == "none"


def _project(found: Findings) -> None:
    if not found.known:
        found.add("project", UNKNOWN, "cannot be looked up without credentials that are accepted")
        return
    given = found.client.connection.project_id
    if "iam" not in found.reached:
        found.project = {"id": given, "name": None} if given else None
        what = f"{given}, not verified" if given else "not found out"
        found.add("project", UNKNOWN, f"{what}: IAM cannot be reached")
        return
    project_id = found.ask(lambda: found.client.project_id)
    if isinstance(project_id, Exception):
        wrong = isinstance(project_id, errors.ConfigurationError)
        found.add("project", PROBLEM if wrong else UNKNOWN, *_said(project_id))
        return
    found.project = {"id": project_id, "name": None}
    own = found.ask(lambda: accounts.own_projects(found.client))
    if isinstance(own, Exception):
        message, hint = _said(own)
        found.add("project", UNKNOWN, f"{project_id}, not verified: {message}", hint)
        return
    names = {project.id: project.name for project in own}
    if project_id not in names:
        there = ", ".join(f"{name} ({one})" for one, name in names.items()) or "none"
        found.add(
            "project",
            PROBLEM,
            f"{project_id} is none of these credentials; theirs are {there}",
            "Set project_id or project_name to one of them.",
        )
        return
    name = found.project["name"] = names[project_id]
    found.add("project", *_of_region(found.client.region, project_id, name))


def _of_region(region: str, project_id: str, name: str) -> tuple[str, str, str]:
    """A project is called like its region, or <region>_<more>; but what MOS is called like is no
    region."""
    other = name.partition("_")[0]
    if other != region and cloud_of(other):
        hint = "Set the region to that of the project, or leave project_id and project_name out."
        return PROBLEM, f"{name} ({project_id}) is a project of {other}, not of {region}", hint
    return OK, f"{name} ({project_id})", ""


# --- what may be done


def _look_ups(found: Findings) -> None:
    for title, look_up in LOOK_UPS.items():
        group = title.partition(" ")[0]
        obstacle = _obstacle(found, look_up.service)
        if obstacle:
            found.unsure.add(title)
            found.add(title, UNKNOWN, obstacle, group=group)
            continue
        answer = found.answers[title] = found.ask(partial(look_up.ask, found.client))
        if not isinstance(answer, Exception):
            found.add(title, OK, "permitted", group=group)
            continue
        message, hint = _said(answer)
        if isinstance(answer, errors.Forbidden):
            found.lacking.add(title)
            without = f"; without it {look_up.without}" if look_up.without else ""
            hint = f"Have {look_up.action} granted in this project{without}."
        else:
            found.unsure.add(title)
        found.add(title, WARNING if look_up.without else PROBLEM, message, hint)


def _obstacle(found: Findings, service: str) -> str:
    """Why a service need not be asked, '' if nothing is known against it."""
    if service not in found.reached:
        return f"{service} cannot be reached"
    if not found.known:
        return "needs credentials that are accepted"
    return "" if found.project else "needs the project"


def _quota(found: Findings) -> None:
    obstacle = _obstacle(found, "ims")
    if obstacle:
        found.add("quota", UNKNOWN, obstacle)
        return
    answer = found.answers["show quota"]
    if isinstance(answer, Exception):
        found.add("quota", UNKNOWN, *_said(answer))
    elif answer is None:
        found.add("quota", UNKNOWN, "the cloud does not tell that of private images")
    elif answer.left is None:
        found.add("quota", OK, f"{answer.used} private images used, of any number")
    else:
        found.quota = {"quota": answer.most, "used": answer.used, "left": answer.left}
        told = f"{answer.used} of {answer.most} private images used, {answer.left} left"
        hint = "Delete images that are not needed, or have the quota raised."
        found.add("quota", OK if answer.left else PROBLEM, told, hint)


def _modules(found: Findings) -> None:
    """What the look-ups mean for each module."""
    for name, needs in MODULES.items():
        lacks = [one for one in needs.look_ups if one in found.lacking]
        unsure = [one for one in needs.look_ups if one in found.unsure]
        if lacks:
            stuck = not all(LOOK_UPS[one].without for one in lacks)
            actions = _and([LOOK_UPS[one].action for one in lacks])
            found.add(name, PROBLEM if stuck else WARNING, f"lacks {actions}", group="modules")
        elif unsure:
            message = "not all that it looks up could be tried"
            found.add(name, UNKNOWN, message, group="modules")
        else:
            found.add(name, OK, "all look-ups are permitted", group="modules")
    orders = _and(
        list(dict.fromkeys(action for needs in MODULES.values() for action in needs.orders))
    )
    found.add("orders", UNKNOWN, f"not tried, as nothing else shows it: {orders}")


# --- words


def _said(error: object) -> tuple[str, str]:
    """What went wrong, and what to do about it."""
    if isinstance(error, errors.TimeBudgetExceeded) and error.last is not None:
        error = error.last
    if isinstance(error, errors.CloudError):
        return str(error).rstrip("."), error.hint
    kind = type(error).__name__
    return f"{kind}: {error}", "This is a bug of the collection huaweicloud.ims; please report it."


def _and(words: Sequence[str]) -> str:
    return " and ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))


def _report(checks: Sequence[Check]) -> Iterator[str]:
    """One line for each check, and one for what to do; what a group has in common is said once."""
    alike: dict[Any, list[Check]] = {}
    for number, check in enumerate(checks):
        key = (check.group, check.status, check.message, check.hint) if check.group else number
        alike.setdefault(key, []).append(check)
    for same in alike.values():
        first, *others = same
        names = [first.name, *(check.name.replace(f"{check.group} ", "") for check in others)]
        yield f"{first.status:<8} {_and(names)}: {first.message}"
        if first.hint and first.status != OK:
            yield f"{'':<8} -> {first.hint}"
