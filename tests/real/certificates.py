"""Certificates for tests: a root of one's own, and what it has signed for a name."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

BEGINS, ENDS = dt.datetime(2020, 1, 1, tzinfo=dt.UTC), dt.datetime(2120, 1, 1, tzinfo=dt.UTC)


@dataclass(frozen=True)
class Signed:
    """A root's certificate, and a certificate with its key that the root has signed, all as PEM."""

    root: bytes
    certificate: bytes
    key: bytes


def signed_for(name: str, root: str = "Test root") -> Signed:
    """Make a root and have it sign a certificate for a host name."""
    root_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    root_name, server_name = _name(root), _name(name)
    authority = _build(
        root_name, root_key.public_key(), root_name, x509.BasicConstraints(ca=True, path_length=None)
    )
    names = x509.SubjectAlternativeName([x509.DNSName(name)])
    return Signed(
        root=authority.sign(root_key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM),
        certificate=_build(server_name, key.public_key(), root_name, names)
        .sign(root_key, hashes.SHA256())
        .public_bytes(serialization.Encoding.PEM),
        key=key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ),
    )


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _build(
    subject: x509.Name, public: ec.EllipticCurvePublicKey, issuer: x509.Name, extension: x509.ExtensionType
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(BEGINS)
        .not_valid_after(ENDS)
        .add_extension(extension, critical=False)
    )
