# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A certification authority for tests: it lives as long as one of them."""

from __future__ import annotations

import datetime
import ipaddress
import ssl
from dataclasses import dataclass, field
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

_DAY = datetime.timedelta(days=1)


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _general(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


@dataclass(frozen=True)
class Authority:
    """Signs certificates; `bundle` is the file with its own, as users give it with ca_cert."""

    folder: Path
    name: str = "a test authority"
    key: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )

    @property
    def bundle(self) -> str:
        own = _begun(_named(self.name), self.key, self, _DAY)
        own = own.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        own = own.add_extension(_SIGNS_CERTIFICATES, critical=True)
        path = self.folder / f"{self.name.replace(' ', '-')}.pem"
        path.write_bytes(own.sign(self.key, hashes.SHA256()).public_bytes(_PEM))
        return str(path)

    def issue(self, host: str, lifetime: datetime.timedelta = _DAY) -> str:
        """The path of a certificate for `host` with its key; a negative lifetime has ended."""
        key = ec.generate_private_key(ec.SECP256R1())
        made = _begun(_named(host), key, self, lifetime)
        made = made.add_extension(x509.SubjectAlternativeName([_general(host)]), critical=False)
        made = made.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        private = key.private_bytes(
            _PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        path = self.folder / f"{host}-{self.name.replace(' ', '-')}.pem"
        path.write_bytes(private + made.sign(self.key, hashes.SHA256()).public_bytes(_PEM))
        return str(path)

    def server(self, host: str, lifetime: datetime.timedelta = _DAY) -> ssl.SSLContext:
        """What a server that calls itself `host` wraps its socket with."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.issue(host, lifetime))
        return context


_PEM = serialization.Encoding.PEM
_SIGNS_CERTIFICATES = x509.KeyUsage(
    key_cert_sign=True,
    crl_sign=True,
    digital_signature=False,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    encipher_only=False,
    decipher_only=False,
)


def _begun(
    subject: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    issuer: Authority,
    lifetime: datetime.timedelta,
) -> x509.CertificateBuilder:
    """With what Python checks from 3.13 on: who signed it, by its key."""
    now = datetime.datetime.now(datetime.timezone.utc)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(_named(issuer.name))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - 10 * _DAY)
        .not_valid_after(now + lifetime)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.key.public_key()),
            critical=False,
        )
    )
