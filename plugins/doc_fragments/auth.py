# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a module reaches the cloud: one set of options for all modules."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  credentials_from:
    description:
      - >-
        The only source that credentials are taken from, if these options hold none: the variables of the environment, C(clouds.yaml)
        (the entry in C(OS_CLOUD), else the default one), or the metadata of the server that the task runs on.
      - Default is the variable C(HUAWEICLOUD_IMS_CREDENTIALS_FROM). Without it the first of these sources that has credentials is used.
    type: str
    choices: [environment, clouds, metadata]
  region:
    description:
      - The region, for example V(cn-north-4) or V(eu-de).
      - Taken from the source of the credentials (environment, C(clouds.yaml), metadata) if omitted.
    type: str
  project_id:
    description:
      - The id of the project (32 hexadecimal digits). Saves a request when it is given.
    type: str
  project_name:
    description:
      - The name of the project. Default is the name of the region.
      - One that is known to be of another region, as V(eu-de_web) is of V(eu-de), is refused.
    type: str
  access_key:
    description:
      - The access key (AK). Needs O(secret_key).
    type: str
  secret_key:
    description:
      - The secret key (SK) of O(access_key). Requests are signed with it, it is never sent.
    type: str
  security_token:
    description:
      - The security token of a temporary O(access_key).
    type: str
  username:
    description:
      - The name of an IAM user. Needs O(password) and O(domain_name) or O(domain_id).
    type: str
  user_id:
    description:
      - The id of an IAM user, instead of O(username) and the domain.
    type: str
  password:
    description:
      - The password of the IAM user.
    type: str
  domain_name:
    description:
      - The name of the account (domain) that the IAM user belongs to.
    type: str
  domain_id:
    description:
      - The id of that account, instead of O(domain_name).
    type: str
  auth_token:
    description:
      - A ready IAM token of the project.
    type: str
  cloud:
    description:
      - The name of an entry of C(clouds.yaml), which is looked for where the OpenStack tools look for it.
    type: str
  agency_name:
    description:
      - An agency to assume with the credentials given. Needs O(agency_domain_name).
    type: str
  agency_domain_name:
    description:
      - The account that created the agency.
    type: str
  auth_url:
    description:
      - The URL of IAM, for example V(https://iam.eu-de.otc.t-systems.com/v3).
      - >-
        Needed for clouds that the collection does not know by their regions, unless O(endpoints), or the variable C(HW_CLOUD) with
        the domain of the cloud, says where the services are. The other services are expected beside it.
    type: str
  endpoints:
    description:
      - URLs of single services, by their short names C(iam), C(ims), C(evs), C(ecs), C(cbr) and C(csbs).
      - Plain C(http://) is accepted for the loopback address only.
    type: dict
  validate_certs:
    description:
      - Whether the certificates of the cloud are checked. Default is V(true).
    type: bool
  ca_cert:
    description:
      - The path of a file with the CA certificates to trust instead of those of the system.
    type: path
  client_cert:
    description:
      - The path of a client certificate (PEM), for clouds that ask for one.
    type: path
  client_key:
    description:
      - The path of the key of O(client_cert), if the certificate's file does not hold it.
    type: path
  http_timeout:
    description:
      - >-
        How long the cloud may send nothing while it answers one request, in seconds. A whole answer may take ten times as
        long, but no longer than the task may. Default is V(60).
    type: int
  token_cache:
    description:
      - >-
        Whether tokens, keys of an assumed agency and project ids are kept for later tasks of this user on this machine,
        so that only the first task of a run has to ask IAM for them. Applies to credentials of any source.
      - >-
        They are kept in files that only the user can read: tokens and keys in memory (E(XDG_RUNTIME_DIR), else
        C(/dev/shm), else the process only), project ids in the user's cache directory. They serve only tasks with the same
        password or secret key. A given O(auth_token) is never kept, nor are the keys of a server's metadata.
    type: bool
    default: true
notes:
  - >-
    Credentials are taken whole from the first source that has them: these options (O(cloud) among them), the
    environment (the families C(HUAWEICLOUD_SDK_*), C(HW_*) and C(OS_*), in this order), the default entry of
    C(clouds.yaml), the metadata of the server that the task runs on. Sources are never mixed. A source that holds some
    credentials and no complete ones is an error, as is a setting that means another account and is not supported; O(credentials_from) chooses
    another source. With C(-v) the task says which one it used.
  - >-
    Secrets are masked in everything that the task returns. But ansible-core itself shows what stands in the
    C(environment) of a task from C(-vvv) on: give secrets as options, or in the environment of the whole run.
  - >-
    Run it with C(delegate_to=localhost) from plays over other hosts, with C(become=false). A call to the cloud needs no
    privileges. With them it would run as another user, who has other credentials and another cache, and it would fail
    where there is no such user to become, as in containers.
  - >-
    In a loop over more than words set C(loop_control.label). Otherwise Ansible prints all that an item holds, each time.
"""
