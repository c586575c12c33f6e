# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A local server of the AWS API (moto), for the modules that are compared with.

`python -m tests.benchmark.aws --latency MS --instances N` prints one line of JSON with its address
and with the ids of an image and of instances in it, then serves until it is killed.
"""

from __future__ import annotations

import argparse
import json
import random
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any

import boto3
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import WSGIRequestHandler, make_server

REGION = "eu-west-1"
Application = Callable[[dict[str, Any], Any], Iterable[bytes]]


class _Quiet(WSGIRequestHandler):
    def log(self, *_line: Any) -> None:
        """Nothing: a line for each request takes its time."""


def late(application: Application, latency: float) -> Application:
    """The same with answers as late as those of our simulator: in ms, give or take a half."""
    rng = random.Random(1)

    def answer(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if latency:
            time.sleep(latency / 1000 * rng.uniform(0.5, 1.5))
        return application(environ, start_response)

    return answer


def _filled(application: Application, instances: int) -> dict[str, Any]:
    """Start so many instances, and return their ids with that of an image. To ask for all images
    makes moto read them from a file, which takes seconds."""
    server = make_server("127.0.0.1", 0, application, threaded=True, request_handler=_Quiet)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    client = boto3.client(
        "ec2",
        region_name=REGION,
        endpoint_url=f"http://127.0.0.1:{server.server_port}",
        aws_access_key_id="key",
        aws_secret_access_key="secret",
    )
    image = client.describe_images()["Images"][0]["ImageId"]
    started = client.run_instances(ImageId=image, MinCount=instances, MaxCount=instances)
    server.shutdown()
    return {"image": image, "instances": [one["InstanceId"] for one in started["Instances"]]}


def main() -> None:
    parser = argparse.ArgumentParser(prog="tests.benchmark.aws", description=__doc__)
    parser.add_argument("--latency", type=float, default=0, metavar="MS")
    parser.add_argument("--instances", type=int, default=1, metavar="N")
    given = parser.parse_args()
    application = DomainDispatcherApplication(create_backend_app)
    filled = _filled(application, given.instances)
    served = late(application, given.latency)
    server = make_server("127.0.0.1", 0, served, threaded=True, request_handler=_Quiet)
    facts = {"url": f"http://127.0.0.1:{server.server_port}", "region": REGION, **filled}
    print(json.dumps(facts), flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
