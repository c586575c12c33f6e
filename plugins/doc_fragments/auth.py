# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The connection options, which all modules that call the cloud share.

The environment variables are those of `_cloud/environment.py`.
"""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  credentials_from:
    description:
      - >-
        The only source of credentials to use if the options contain none: the environment, C(clouds.yaml) (the entry named in
        E(OS_CLOUD), else the default entry), or the metadata of the server that the task runs on.
      - If omitted, the first of these sources that has credentials is used.
      - Environment variable E(HUAWEICLOUD_IMS_CREDENTIALS_FROM).
    type: str
    choices: [environment, clouds, metadata]
  region:
    description:
      - The region, for example V(cn-north-4) or V(eu-de).
      - If omitted, it is taken from the source of the credentials (environment, C(clouds.yaml), metadata).
      - Environment variables E(HW_REGION_NAME) and E(OS_REGION_NAME).
    type: str
  project_id:
    description:
      - The ID of the project (32 hexadecimal digits). Saves the request that looks it up.
      - Environment variables E(HUAWEICLOUD_SDK_PROJECT_ID), E(HW_PROJECT_ID) and E(OS_PROJECT_ID).
    type: str
  project_name:
    description:
      - The name of the project. Defaults to the name of the region.
      - A project of another region is refused; V(eu-de_web), for example, belongs to V(eu-de).
      - Environment variables E(HW_PROJECT_NAME) and E(OS_PROJECT_NAME).
    type: str
  access_key:
    description:
      - The access key (AK). Requires O(secret_key).
      - Environment variables E(HUAWEICLOUD_SDK_AK), E(HW_ACCESS_KEY) and E(OS_ACCESS_KEY).
    type: str
  secret_key:
    description:
      - The secret key (SK) of O(access_key). It signs the requests, and is never sent.
      - Environment variables E(HUAWEICLOUD_SDK_SK), E(HW_SECRET_KEY) and E(OS_SECRET_KEY).
    type: str
  security_token:
    description:
      - The security token of a temporary O(access_key).
      - Environment variables E(HUAWEICLOUD_SDK_SECURITY_TOKEN), E(HW_SECURITY_TOKEN) and E(OS_SECURITY_TOKEN).
    type: str
  username:
    description:
      - The name of an IAM user. Requires O(password), and O(domain_name) or O(domain_id).
      - Environment variables E(HW_USER_NAME) and E(OS_USERNAME).
    type: str
  user_id:
    description:
      - The ID of an IAM user, instead of O(username) and the domain.
      - Environment variables E(HW_USER_ID) and E(OS_USER_ID).
    type: str
  password:
    description:
      - The password of the IAM user.
      - Environment variables E(HW_USER_PASSWORD) and E(OS_PASSWORD).
    type: str
  domain_name:
    description:
      - The name of the account (domain) that the IAM user belongs to.
      - Environment variables E(HW_DOMAIN_NAME) and E(OS_USER_DOMAIN_NAME).
    type: str
  domain_id:
    description:
      - The ID of that account, instead of O(domain_name).
      - Environment variables E(HW_DOMAIN_ID) and E(OS_USER_DOMAIN_ID).
    type: str
  auth_token:
    description:
      - An IAM token that was issued for the project.
      - Environment variables E(HW_AUTH_TOKEN) and E(OS_AUTH_TOKEN).
    type: str
  cloud:
    description:
      - The name of an entry in C(clouds.yaml). The file is searched for in the same places as by the OpenStack tools.
      - Environment variables E(OS_CLOUD), and E(OS_CLIENT_CONFIG_FILE) for the path of the file.
    type: str
  agency_name:
    description:
      - An agency to assume with the given credentials. Requires O(agency_domain_name).
      - Environment variables E(HW_ASSUME_ROLE_AGENCY_NAME) and E(OS_AGENCY_NAME).
    type: str
  agency_domain_name:
    description:
      - The account that created the agency.
      - Environment variables E(HW_ASSUME_ROLE_DOMAIN_NAME) and E(OS_AGENCY_DOMAIN_NAME).
    type: str
  auth_url:
    description:
      - The URL of IAM, for example V(https://iam.eu-de.otc.t-systems.com/v3).
      - >-
        Required for clouds whose regions the collection does not know, unless O(endpoints) or the environment variable E(HW_CLOUD)
        (the domain of the cloud) gives the addresses. The addresses of the other services are derived from it.
      - Environment variables E(HUAWEICLOUD_SDK_IAM_ENDPOINT), E(HW_AUTH_URL) and E(OS_AUTH_URL).
    type: str
  endpoints:
    description:
      - URLs of individual services by short name, C(iam), C(ims), C(evs), C(ecs), C(cbr) and C(csbs).
      - Plain C(http://) is accepted for the loopback address only.
      - Environment variables E(HUAWEICLOUD_SDK_REGION_IMS_EU_DE) for V(ims) in V(eu-de), and so on.
    type: dict
  validate_certs:
    description:
      - Whether to verify the certificates of the cloud. Defaults to V(true).
      - Environment variables E(HW_INSECURE) and E(OS_INSECURE), with V(true) to turn it off.
    type: bool
  ca_cert:
    description:
      - The path of a file with the CA certificates to trust instead of those of the system.
      - Environment variables E(OS_CACERT) and E(REQUESTS_CA_BUNDLE).
    type: path
  client_cert:
    description:
      - The path of a client certificate (PEM), for clouds that require one.
      - Environment variable E(OS_CERT).
    type: path
  client_key:
    description:
      - The path of the key of O(client_cert), if the file of the certificate does not contain it.
      - Environment variable E(OS_KEY).
    type: path
  http_timeout:
    description:
      - >-
        How long the cloud may send nothing while it answers a request, in seconds. A complete answer may take ten times as
        long, within the time limit of the task. Defaults to V(60).
    type: int
  token_cache:
    description:
      - >-
        Whether to cache tokens, keys of an assumed agency and project IDs for later tasks of this user on this machine,
        so that only the first task of a run requests them from IAM. Applies to credentials of any source.
      - >-
        The cache is in files that only the user can read: tokens and keys in memory (E(XDG_RUNTIME_DIR), else
        C(/dev/shm), else the process only), project IDs in the user's cache directory. Only tasks with the same
        password or secret key can use it. A given O(auth_token) and keys from the metadata of a server are never cached.
    type: bool
    default: true
notes:
  - >-
    Credentials are taken as a whole from the first source that has any: these options (O(cloud) among them), the
    environment (the families C(HUAWEICLOUD_SDK_*), C(HW_*) and C(OS_*), in this order), the default entry of
    C(clouds.yaml), the metadata of the server that the task runs on. Sources are never mixed. A source with incomplete
    credentials is an error, as is an unsupported setting that would select another account; O(credentials_from) chooses
    another source. With C(-v) the task names the source that it used.
  - >-
    The modules mask secrets in everything they return. However, from C(-vvv) on ansible-core itself shows the
    C(environment) keyword of a task. Pass secrets as options, or in the environment of the whole run.
  - >-
    In plays over other hosts use C(delegate_to=localhost) and C(become=false). Calling the cloud needs no
    privileges. With C(become) the task would run as another user, with that user's credentials and cache, and would fail
    where C(become) is not available, as in many containers.
  - >-
    In a loop over dictionaries set C(loop_control.label). Otherwise Ansible prints the whole item for each iteration.
"""
