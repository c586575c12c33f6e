# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The assets for AWX: what it would say of them, and jobs run with them as it runs jobs."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.huaweicloud.ims.plugins.module_utils.cloud import credentials
from ansible_collections.huaweicloud.ims.plugins.module_utils.task import TaskOptions, run_task
from ansible_collections.huaweicloud.ims.plugins.modules import image_info
from ansible_collections.huaweicloud.ims.tests.leaks import leaks
from ansible_collections.huaweicloud.ims.tests.simulator.clock import RealClock
from ansible_collections.huaweicloud.ims.tests.simulator.simulator import Simulator
from ansible_collections.huaweicloud.ims.tests.system.awx import (
    CREDENTIAL_TYPE,
    TEMPLATES,
    WORKFLOW,
    Done,
    Injected,
    Job,
    answered,
    injected,
    survey,
    variables_of,
)
from ansible_collections.huaweicloud.ims.tests.system.certificates import Authority
from ansible_collections.huaweicloud.ims.tests.system.cloud import RunningCloud, extra
from ansible_collections.huaweicloud.ims.tests.system.commands import LIMIT, Package
from ansible_collections.huaweicloud.ims.tests.system.served import HeldClock, served, simulated
from ansible_collections.huaweicloud.ims.tools.places import ROOT, Place
from awx_plugins.interfaces._temporary_private_inject_api import ENV_BLOCKLIST
from jinja2 import StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

Json = dict[str, Any]
Inputs = Mapping[str, Any]

FIELDS = {field["id"]: field for field in CREDENTIAL_TYPE["inputs"]["fields"]}
MODULES: Json = yaml.safe_load((Path(__file__).parent / "awx_modules.yml").read_text("utf-8"))
# It sets up AWX itself.
OWN = {"awx_setup.yml"}
# What a template has beside its survey: this machine plays a server.
TEMPLATES_OWN: dict[str, Json] = {"prepare guest": {"prepare_guest_become": os.geteuid() != 0}}


# --- what AWX checks when a credential type and a survey are created

# awx/main/fields.py, CredentialTypeInputField and CredentialTypeInjectorField.
_NAME = re.compile(r"[a-zA-Z_]+[a-zA-Z0-9_]*")
_FILE = re.compile(r"template(\.[a-zA-Z_]+[a-zA-Z0-9_]*)?")
MEMBERS: dict[str, type] = {
    **dict.fromkeys(("id", "label", "type", "help_text"), str),
    **dict.fromkeys(("secret", "multiline"), bool),
}
KEYS = {"file": _FILE, "env": _NAME, "extra_vars": _NAME}
# awx/api/views, JobTemplateSurveySpec.
ALLOWED_TYPES = {
    **dict.fromkeys(("text", "textarea", "password", "multiplechoice", "multiselect"), str),
    "integer": int,
    "float": float,
}


def test_awx_takes_the_inputs() -> None:
    assert set(CREDENTIAL_TYPE) == {"name", "kind", "description", "inputs", "injectors"}
    assert CREDENTIAL_TYPE["kind"] in ("cloud", "net")
    assert set(CREDENTIAL_TYPE["inputs"]) == {"fields"}
    assert len(FIELDS) == len(CREDENTIAL_TYPE["inputs"]["fields"])
    assert "tower" not in FIELDS
    for field in FIELDS.values():
        for name, value in field.items():
            assert isinstance(value, MEMBERS[name])
        assert _NAME.fullmatch(field["id"])
        assert field["label"]
        assert field["type"] in ("string", "boolean")
        assert field["type"] == "string" or not {"multiline", "secret"} & set(field)


def test_awx_takes_the_injectors() -> None:
    assert set(CREDENTIAL_TYPE["injectors"]) == set(KEYS)
    for kind, templates in CREDENTIAL_TYPE["injectors"].items():
        for name, text in templates.items():
            assert KEYS[kind].fullmatch(name)
            assert isinstance(text, str)
            assert text.isascii()
    variables = set(CREDENTIAL_TYPE["injectors"]["env"])
    assert not any(name.startswith("ANSIBLE_") for name in variables)
    assert not variables & ENV_BLOCKLIST


def test_the_injectors_speak_of_inputs_that_there_are_and_use_all_of_them() -> None:
    used: set[str] = set()
    files = {
        label.partition(".")[2]: f"/runner/env/{label}"
        for label in CREDENTIAL_TYPE["injectors"]["file"]
    }
    assert "" not in files
    environment = ImmutableSandboxedEnvironment(undefined=StrictUndefined)
    for templates in CREDENTIAL_TYPE["injectors"].values():
        for text in templates.values():
            rendered = environment.from_string(text).render(
                **dict.fromkeys(FIELDS, "EXAMPLE"), tower={"filename": files}
            )
            assert "{" not in rendered
            used |= {name for name in FIELDS if re.search(rf"\b{name}\b", text)}
    assert used == set(FIELDS)


def test_what_is_secret_is_an_input_that_awx_hides() -> None:
    secret = {"access_key", "secret_key", "security_token", "password", "auth_token"}
    secret |= {"clouds_yaml", "client_key"}

    assert {name for name, field in FIELDS.items() if field.get("secret")} == secret


@pytest.mark.parametrize("questions", [*map(survey, TEMPLATES.values()), WORKFLOW["questions"]])
def test_awx_takes_the_survey(questions: list[Json]) -> None:
    variables = [question["variable"] for question in questions]
    assert questions
    assert len(variables) == len(set(variables))
    for question in questions:
        for name in ("type", "question_name", "variable"):
            assert isinstance(question[name], str)
        assert isinstance(question["required"], bool)
        known = {"question_name", "question_description", "variable", "type", "required"}
        assert set(question) <= known | {"min", "max", "default", "choices"}
        kind = ALLOWED_TYPES[question["type"]]
        assert isinstance(question.get("default", kind()), kind)
        for limit in ("min", "max"):
            assert isinstance(question.get(limit, 0), int)
        if question["type"] in ("multiplechoice", "multiselect"):
            assert all(isinstance(choice, str) and choice for choice in question["choices"])
            assert question.get("default", question["choices"][0]) in question["choices"]


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_survey_asks_for_variables_that_the_playbook_explains(name: str) -> None:
    template = TEMPLATES[name]
    text = (ROOT / "playbooks" / template["playbook"]).read_text("utf-8")
    header = text[: text.index("- name:")]

    for question in survey(template):
        assert re.search(rf"\b{question['variable']}\b", header), question["variable"]


def test_each_playbook_has_its_job_template_and_each_job_template_its_playbook() -> None:
    playbooks = {path.name for path in (ROOT / "playbooks").glob("*.yml")} - OWN

    assert {template["playbook"] for template in TEMPLATES.values()} == playbooks
    assert {step["playbook"] for step in WORKFLOW["steps"]} <= playbooks
    guide = (ROOT / "docs" / "docsite" / "rst" / "awx.rst").read_text("utf-8")
    assert set(re.findall("``IMS ([a-z ]+)``", guide)) == {*TEMPLATES, WORKFLOW["name"]}


def test_the_steps_of_the_workflow_follow_each_other() -> None:
    names = [step["name"] for step in WORKFLOW["steps"]]

    assert [step.get("then") for step in WORKFLOW["steps"]] == [*names[1:], None]


# --- the credential, method by method


def _keys(facts: Inputs) -> Json:
    return {name: facts[name] for name in ("access_key", "secret_key")}


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
    "access key": (_keys, "environment HW_ACCESS_KEY and HW_SECRET_KEY"),
    "temporary key": (
        lambda facts: facts["others"]["temporary"],
        "environment HW_ACCESS_KEY, HW_SECRET_KEY and a security token",
    ),
    "password": (_user, "environment HW_USER_NAME and HW_USER_PASSWORD"),
    "password, by id": (_user_by_id, "environment HW_USER_ID and HW_USER_PASSWORD"),
    "clouds.yaml": (_clouds_yaml, "entry sim of "),
    "key and agency": (
        lambda facts: {**_keys(facts), **_agency(facts)},
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


def _common(facts: Inputs) -> Json:
    """Where the simulated cloud is."""
    addresses = {**facts["endpoints"], "metadata": facts["url"]}
    return {"region": facts["region"], "endpoints": json.dumps(addresses)}


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
    return run_task({**defaults, **given}, options, image_info.RULES, image_info.story)


@pytest.mark.parametrize("method", METHODS)
def test_each_method_of_the_credential_reaches_the_cloud(tmp_path: Path, method: str) -> None:
    inputs, source = METHODS[method]
    with served(simulated()) as facts:
        injection = injected({**_common(facts), **inputs(facts)}, tmp_path)

        result = _listed(injection)

    assert not result.get("failed"), result["msg"]
    assert result["notes"][0].startswith(f"Credentials: {source}")
    assert ("agency" in method) == ("agency image-builder" in result["notes"][0])


def test_a_token_is_a_method_too(tmp_path: Path) -> None:
    inputs = {"auth_token": "a-ready-token-0123456789", "region": "eu-de"}

    environ = injected(inputs, tmp_path).environ

    selection = credentials.select({}, {**environ, "HOME": "/nowhere"}, "")
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
        inputs = {**_common(facts), **_keys(facts)}
        bundle = Path(authority.bundle).read_text()

        unknown = _listed(injected(inputs, tmp_path / "unknown"))
        trusted = _listed(injected({**inputs, "ca_cert": bundle}, tmp_path / "trusted"))
        unchecked = _listed(injected({**inputs, "insecure": True}, tmp_path / "unchecked"))

    assert "no TLS connection" in unknown["msg"]
    assert trusted["images"]
    assert unchecked["images"]


# --- the jobs

ANSWERS: dict[str, Json] = {
    "whole image": {
        "image_name": "web",
        "instance": "web-01",
        "image_tags": "tier: web\nn: '1'\n",
        "min_ram": 1024,
        "description": "All of {{ web }}",  # no template: AWX marks it
    },
    "volume image export": {"image_name": "data", "volume": "data-available"},
    "image copy": {"image_name": "copy", "source_image": "linux-base", "image_tags": '{"a": "b"}'},
    "quick import": {
        "image_name": "imported",
        "image_url": "ims-image:big-data.raw",
        "min_disk": 800,
        "type": "DataImage",
    },
    "golden image": {"servers": "fleet-01, fleet-02", "date": "2026-01-31"},
    "image import": {
        "image_urls": "ims-image:big-data.raw, ims-image:centos70.zvhd2\n",
        "min_disk": 800,
        "type": "DataImage",
    },
    "image retention": {"image_name": "limited-*", "keep_newest": 1},
    "image": {"image": "arm-image", "new_name": "arm-image-2026", "min_ram": 1024},
    "image info": {"tag": "team=shop", "most_recent": "true"},
    "image wait": {"images": "linux-base, limited-image"},
    "prepare guest": {"servers": "localhost", "fix": [], "fail_on": ["spanned_volumes"]},
}
ONE_IMAGE = [name for name in ANSWERS if TEMPLATES[name]["questions"][0] == "image_name"]


def job(cloud: RunningCloud, folder: Path, name: str, **more: Any) -> Job:
    """A job of a job template."""
    template = TEMPLATES[name]
    launch = answered(survey(template), ANSWERS.get(name, {}))
    playbook = f"playbooks/{template['playbook']}"
    own = TEMPLATES_OWN.get(name, {})
    return Job(folder, playbook, credential(cloud.facts), launch=launch, own=own, **more)


def credential(facts: Inputs) -> Json:
    return {**_common(facts), **_keys(facts)}


@dataclass(frozen=True)
class Ran:
    """Jobs of all templates, run at the same time in one cloud, which had these images then."""

    jobs: Mapping[str, Done]
    images: Mapping[str, Mapping[str, Any]]


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    with served(simulated()) as facts:
        cloud = RunningCloud(facts)
        jobs = {
            name: job(cloud, tmp_path_factory.mktemp("job"), name, number=number)
            for number, name in enumerate(ANSWERS, 1)
        }
        try:
            for process in [one.start() for one in jobs.values()]:
                process.wait(LIMIT)
        finally:
            for one in jobs.values():
                one.destroy()
        return Ran({name: one.done() for name, one in jobs.items()}, cloud.images())


@pytest.mark.parametrize("name", ANSWERS)
def test_a_job_succeeds_and_leaves_no_secret(ran: Ran, name: str) -> None:
    done = ran.jobs[name]

    assert done.status == "successful", done.output
    assert done.artifacts
    assert leaks(done.text(), [simulated().facts("")["secret_key"]]) == []


@pytest.mark.parametrize("name", ONE_IMAGE)
def test_a_job_does_what_was_answered(ran: Ran, name: str) -> None:
    done, answers = ran.jobs[name], ANSWERS[name]

    result = done.result(TEMPLATES[name]["playbook"].removesuffix(".yml"))
    image = ran.images[answers["image_name"]]
    assert result["changed"]
    assert result["image_id"] == image["id"]
    assert done.artifacts["ims_image_id"] == image["id"]
    shown = result["image"]
    for variable in ("min_ram", "description"):
        if variable in answers:
            assert shown[variable] == answers[variable]
    assert shown["tags"] == yaml.safe_load(answers.get("image_tags", "{}"))


def test_a_job_makes_images_of_all_servers(ran: Ran) -> None:
    made = ran.jobs["golden image"].artifacts["golden_image_images"]

    assert set(made) == {"fleet-01-2026-01-31", "fleet-02-2026-01-31"}
    assert {ran.images[name]["id"] for name in made} == {one["id"] for one in made.values()}


def test_a_job_imports_all_files(ran: Ran) -> None:
    made = ran.jobs["image import"].artifacts["image_import_images"]

    assert set(made) == {"big-data", "centos70"}
    assert {ran.images[name]["id"] for name in made} == {one["id"] for one in made.values()}


def test_a_job_changes_an_image(ran: Ran) -> None:
    done = ran.jobs["image"]

    assert ran.images["arm-image-2026"]["id"] == done.artifacts["ims_image_id"]
    assert done.result("image")["image"]["min_ram"] == 1024


def test_a_job_lists_images_and_hands_the_newest_on(ran: Ran) -> None:
    published = ran.jobs["image info"].artifacts

    assert published["ims_image_name"] == "shop-2026-01-01"
    assert [image["id"] for image in published["ims_images"]] == [published["ims_image_id"]]


def test_a_job_waits_for_images(ran: Ran) -> None:
    published = ran.jobs["image wait"].artifacts["ims_images"]

    assert [(image["name"], image["status"]) for image in published] == [
        ("linux-base", "active"),
        ("limited-image", "active"),
    ]


def test_a_job_looks_at_a_server(ran: Ran) -> None:
    found = ran.jobs["prepare guest"].artifacts["prepare_guest_findings"]["localhost"]

    assert not any(finding["fixed"] for finding in found)


def test_what_a_job_is_told_to_keep_is_kept(ran: Ran) -> None:
    published = ran.jobs["image retention"].artifacts

    assert [image["name"] for image in published["image_retention_kept"]] == ["limited-image"]
    assert published["image_retention_deleted"] == []


def test_the_doctor_runs_as_a_job(tmp_path: Path) -> None:
    with served(Simulator(RealClock(), seed=1)) as facts:
        done = job(RunningCloud(facts), tmp_path, "doctor").run()

    assert done.status == "successful", done.output
    assert done.result("account_info")["healthy"]
    assert done.artifacts == {"ims_healthy": True}
    assert "ok       quota: " in done.output


def test_the_workflow_hands_the_image_on(cloud: RunningCloud, tmp_path: Path) -> None:
    """As AWX runs it: all steps are given what was answered, and what was published before."""
    old = extra(image_name="web-2026-01-30", source_image="linux-base", wait=False)
    cloud.succeed("huaweicloud.ims.image_copy", *old)
    answers = {
        "golden_disk": "data-available",
        "golden_family": "web",
        "golden_date": "2026-01-31",
        "golden_keep": 1,
    }
    launch = answered(WORKFLOW["questions"], answers)
    published: Json = {}
    for number, step in enumerate(WORKFLOW["steps"], 1):
        done = Job(
            tmp_path / step["name"],
            f"playbooks/{step['playbook']}",
            credential(cloud.facts),
            launch={**published, **launch},
            own=step["extra_vars"],
            number=number,
        ).run()
        assert done.status == "successful", done.output
        published |= done.artifacts

    images = cloud.images()
    assert {"web-2026-01-31", "web-2026-01-31-copy"} <= set(images)
    assert images["web-2026-01-31-copy"]["status"] == "active"
    assert [one["name"] for one in published["image_retention_deleted"]] == ["web-2026-01-30"]
    assert images.get("web-2026-01-30", {"deleted": True})["deleted"]


# AWX cancels with SIGTERM to ansible-runner, which kills the play, and then takes the container
# away; an impatient cluster does only the latter.
CANCELS: dict[str, Callable[[int], None]] = {
    "cancelled": lambda pid: os.kill(pid, signal.SIGTERM),
    "killed": lambda pid: os.kill(pid, signal.SIGKILL),
}


@dataclass(frozen=True)
class Relaunched:
    """A job that ended before its time, the same one launched again, and what was asked of the
    cloud: its copies, and the orders of copies."""

    first: Done
    again: Done
    images: Sequence[Mapping[str, Any]]
    orders: Sequence[str]


@pytest.fixture(scope="module")
def relaunched(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Relaunched]:
    """Both ways at the same time: most of it is waiting."""
    with ThreadPoolExecutor() as pool:
        running = {
            how: pool.submit(_relaunched, tmp_path_factory.mktemp("jobs"), how) for how in CANCELS
        }
        return {how: one.result() for how, one in running.items()}


def _relaunched(folder: Path, how: str) -> Relaunched:
    template, clock = TEMPLATES["image copy"], HeldClock()
    answers = {"image_name": "copy", "source_image": "linux-base"}
    with ExitStack() as stack:
        facts = stack.enter_context(served(Simulator(clock, seed=1)))
        cloud = RunningCloud(facts)

        def started(number: int, **more: str) -> tuple[Job, subprocess.Popen[bytes]]:
            launch = answered(survey(template), {**answers, **more})
            playbook = f"playbooks/{template['playbook']}"
            one = Job(
                folder / str(number), playbook, credential(facts), launch=launch, number=number
            )
            stack.callback(one.destroy)
            return one, one.start()

        first, process = started(1, description="of the first")
        _wait_until(lambda: _answered(cloud, _ordered), process)
        CANCELS[how](process.pid)
        process.wait(LIMIT)
        first.destroy()
        clock.advance(60)  # enough to be seen, too little to be done
        before = len(cloud.requests())
        again, process = started(2)
        _wait_until(lambda: _answered(cloud, _looked_for, before), process)
        for _second in range(LIMIT):
            clock.advance(300)
            with suppress(subprocess.TimeoutExpired):
                process.wait(1)
                break
        images = [image for image in cloud.state()["images"] if image["name"] == "copy"]
        orders = [call for call in cloud.writes() if call.endswith("/copy")]
    return Relaunched(first.done(), again.done(), images, orders)


@pytest.mark.parametrize("how", CANCELS)
def test_a_job_that_was_cancelled_and_is_launched_again_takes_up_the_image(
    relaunched: Mapping[str, Relaunched], how: str
) -> None:
    ran = relaunched[how]

    assert ran.again.status == "successful", ran.again.output
    result = ran.again.result("image_copy")
    assert result["resumed"]
    assert result["image"]["status"] == "active"
    # The question that was left open the second time changes nothing.
    assert result["image"]["description"] == "of the first"
    assert len(ran.images) == len(ran.orders) == 1
    assert ran.first.status == ("canceled" if how == "cancelled" else "")


def test_a_nightly_bake_under_one_name_that_was_killed_and_is_launched_again_makes_one_image(
    tmp_path: Path,
) -> None:
    """Each night the image of the night before is too old. The second night's job dies with its
    container, after the order; the same job is launched again."""
    answers = {"servers": "fleet-03", "image_name": "nightly", "max_age": "20h"}
    clock = HeldClock()
    with ExitStack() as stack:
        facts = stack.enter_context(served(Simulator(clock, seed=1)))
        cloud = RunningCloud(facts)

        def launched(number: int) -> tuple[Job, subprocess.Popen[bytes]]:
            template = TEMPLATES["golden image"]
            launch = answered(survey(template), answers)
            one = Job(
                tmp_path / str(number),
                f"playbooks/{template['playbook']}",
                credential(facts),
                launch=launch,
                number=number,
            )
            stack.callback(one.destroy)
            return one, one.start()

        def finished(one: Job, process: subprocess.Popen[bytes]) -> Json:
            for _second in range(LIMIT):
                clock.advance(300)
                with suppress(subprocess.TimeoutExpired):
                    process.wait(1)
                    break
            assert one.done().status == "successful", one.done().output
            images: Json = one.done().artifacts["golden_image_images"]
            return images

        first = finished(*launched(1))
        clock.advance(24 * 3600)
        before = len(cloud.requests())
        killed, process = launched(2)
        _wait_until(lambda: _answered(cloud, _baked, before), process)
        CANCELS["killed"](process.pid)
        process.wait(LIMIT)
        killed.destroy()
        clock.advance(60)
        second = finished(*launched(3))
        orders = [one for one in cloud.requests()[before:] if _baked(one)]
        left = [image for image in cloud.state()["images"] if not image["deleted"]]

    assert process.returncode == -signal.SIGKILL
    assert len(orders) == 1
    assert second["nightly"]["id"] != first["nightly"]["id"]
    assert [one["id"] for one in left if one["name"] == "nightly"] == [second["nightly"]["id"]]


def _baked(entry: Mapping[str, Any]) -> bool:
    return str(entry["path"]).endswith("/wholeimages/action")


def _ordered(entry: Mapping[str, Any]) -> bool:
    return str(entry["path"]).endswith("/copy")


def _looked_for(entry: Mapping[str, Any]) -> bool:
    return bool(entry["path"] == "/v2/cloudimages" and entry["query"].get("name") == "copy")


def _answered(
    cloud: RunningCloud, wanted: Callable[[Mapping[str, Any]], bool], before: int = 0
) -> bool:
    """Was such a request answered, after so many others?"""
    return any(wanted(entry) and entry["status"] is not None for entry in cloud.requests()[before:])


def _wait_until(happened: Callable[[], bool], process: subprocess.Popen[bytes]) -> None:
    """Of another process: nothing but asking tells."""
    while not happened():
        assert process.poll() is None
        time.sleep(0.05)


# --- the playbook that sets up AWX, with modules that take what those of awx.awx take

_STAND_IN = """
import json
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.plugins.action import ActionBase

class ActionModule(ActionBase):
    def run(self, tmp=None, task_vars=None):
        checked = ArgumentSpecValidator({spec!r}).validate(json.loads(json.dumps(self._task.args)))
        if checked.error_messages:
            return dict(failed=True, msg=str(checked.error_messages))
        values = checked.validated_parameters
        given = dict((name, value) for name, value in values.items() if value is not None)
        with open({record!r}, "a", encoding="utf-8") as file:
            file.write(json.dumps([{name!r}, given]) + "\\n")
        return dict(changed=True)
"""


@pytest.fixture
def stand_ins(tmp_path: Path) -> Path:
    """A folder with a collection awx.awx, and the record of what it was asked for. Its plugins run
    in Ansible's own process, to be quick."""
    folder = tmp_path / "ansible_collections" / "awx" / "awx" / "plugins" / "action"
    folder.mkdir(parents=True)
    for name, module in MODULES.items():
        text = _STAND_IN.format(spec=module["options"], record=str(tmp_path / "record"), name=name)
        (folder / f"{name}.py").write_text(text, "utf-8")
    return tmp_path


def asked(cloud: RunningCloud, folder: Path, **variables: Any) -> list[tuple[str, Json]]:
    """What the playbook asks AWX for, in its order."""
    record = folder / "record"
    record.write_text("")
    collections = os.pathsep.join([str(folder), Place().environ()["ANSIBLE_COLLECTIONS_PATH"]])
    cloud.succeed(
        "huaweicloud.ims.awx_setup", *extra(**variables), ANSIBLE_COLLECTIONS_PATH=collections
    )
    return [tuple(json.loads(line)) for line in record.read_text("utf-8").splitlines()]


def test_the_setup_needs_nothing_beside_the_playbooks(
    cloud: RunningCloud, stand_ins: Path, package: Package
) -> None:
    package.bare(stand_ins)

    assert asked(cloud, stand_ins)


def test_the_setup_runs_as_a_job_as_well(stand_ins: Path, tmp_path: Path) -> None:
    """In an AWX that sets itself up."""
    collections = os.pathsep.join([str(stand_ins), Place().environ()["ANSIBLE_COLLECTIONS_PATH"]])
    setup = Job(
        tmp_path / "job",
        "playbooks/awx_setup.yml",
        {},
        own={"awx_prefix": "Own: "},
        environ={"ANSIBLE_COLLECTIONS_PATH": collections},
    )

    done = setup.run()

    assert done.status == "successful", done.output
    calls = [json.loads(line) for line in (stand_ins / "record").read_text().splitlines()]
    names = {given["name"] for kind, given in calls if kind == "job_template"}
    assert {f"Own: {name}" for name in TEMPLATES} <= names


def test_the_setup_asks_awx_for_what_the_assets_say(cloud: RunningCloud, stand_ins: Path) -> None:
    calls = asked(cloud, stand_ins)

    made = {(name, given["name"]): given for name, given in calls}
    assert len(made) == len(calls)
    kind = made["credential_type", "Huawei Cloud IMS"]
    assert kind["inputs"] == CREDENTIAL_TYPE["inputs"]
    assert kind["injectors"] == CREDENTIAL_TYPE["injectors"]
    for template in TEMPLATES.values():
        given = made["job_template", f"IMS {template['name']}"]
        assert given["playbook"] == f"playbooks/{template['playbook']}"
        assert (ROOT / given["playbook"]).is_file()
        assert given["survey_spec"] == {"name": "", "description": "", "spec": survey(template)}
        assert given["survey_enabled"]
        assert given["project"] == "huaweicloud.ims"
        assert given["ask_credential_on_launch"]
        assert "credentials" not in given
        on_servers = template["playbook"] == "prepare_guest.yml"
        assert given["ask_inventory_on_launch"] == on_servers
        assert given.get("inventory") == (None if on_servers else "huaweicloud.ims")
    for step in WORKFLOW["steps"]:
        given = made["job_template", f"IMS golden disk: {step['name']}"]
        assert given["extra_vars"] == step["extra_vars"]
    assert made["host", "localhost"]["inventory"] == "huaweicloud.ims"
    names = [name for name, _given in calls]
    assert names.index("project") < names.index("job_template")
    assert names[-1] == "workflow_job_template"
    assert "credential" not in names
    assert "execution_environment" not in names


def test_the_workflow_is_one_that_awx_can_build(cloud: RunningCloud, stand_ins: Path) -> None:
    variables = {
        "awx_prefix": "Cloud: ",
        "awx_credential": "my account",
        "awx_credential_inputs": {"access_key": "AK-of-the-test", "secret_key": "SK-of-the-test"},
        "awx_execution_environment": "ims",
        "awx_execution_environment_image": "registry.example.com/ims-ee:1",
        "awx_project_url": "",
        "awx_project": "mine",
        "awx_playbook_folder": "",
    }

    calls = asked(cloud, stand_ins, **variables)

    made = {(name, given["name"]): given for name, given in calls}
    assert made["credential", "my account"]["credential_type"] == "Huawei Cloud IMS"
    assert not any(name == "project" for name, _given in calls)
    # It gets no credential of the cloud, but asks for one of a machine.
    assert "credentials" not in made["job_template", "Cloud: prepare guest"]
    assert made["job_template", "Cloud: prepare guest"]["ask_credential_on_launch"]
    assert made["job_template", "Cloud: image"]["credentials"] == ["my account"]
    workflow = made["workflow_job_template", "Cloud: golden disk"]
    assert workflow["survey_spec"]["spec"] == WORKFLOW["questions"]
    names = [step["name"] for step in WORKFLOW["steps"]]
    assert [node["identifier"] for node in workflow["schema"]] == names
    for node, following in zip(workflow["schema"], [*names[1:], None], strict=True):
        # The members that the module's documentation names for a node.
        assert set(node) == {"identifier", "unified_job_template", "related"}
        used = node["unified_job_template"]
        assert set(used) == {"name", "type", "organization"}
        assert used["type"] == "job_template"
        assert used["organization"] == {"name": "Default"}
        template = made["job_template", used["name"]]
        assert template["credentials"] == ["my account"]
        assert template["execution_environment"] == "ims"
        assert "/" not in template["playbook"]
        assert node["related"] == {
            "success_nodes": [{"identifier": following}] if following else [],
            "failure_nodes": [],
            "always_nodes": [],
            "credentials": [],
        }
