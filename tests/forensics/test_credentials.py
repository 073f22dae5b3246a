"""Content Credentials: read where they are, checked against the file, and never fetched."""

from __future__ import annotations

import io
import json
import socket
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from PIL import Image

from rumorscope.forensics.credentials import Credentials, read_credentials

GENERATED = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
CAPTURED = "http://cv.iptc.org/newscodes/digitalsourcetype/digitalCapture"


def plain() -> bytes:
    buffer = io.BytesIO()
    Image.effect_noise((64, 48), 50).convert("RGB").save(buffer, "JPEG")
    return buffer.getvalue()


@pytest.fixture(scope="module")
def signer() -> Any:
    """Someone whom nobody trusts, with a certificate of the form that the standard asks for."""
    c2pa = pytest.importorskip("c2pa")
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    root, leaf = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    now = datetime.now(UTC)

    def certificate(subject: str, key: ec.EllipticCurvePrivateKey, authority: bool) -> bytes:
        name, issuer = ([(x509.NameOID.ORGANIZATION_NAME, "Example"), (x509.NameOID.COMMON_NAME, common)]
                        for common in (subject, "root"))  # fmt: skip
        usage = x509.KeyUsage(True, False, False, False, False, authority, authority, False, False)
        made = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(*part) for part in name]))
            .issuer_name(x509.Name([x509.NameAttribute(*part) for part in issuer]))
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=1))
            .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
            .add_extension(usage, critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(root.public_key()), critical=False
            )
        )
        if not authority:
            purpose = x509.ExtendedKeyUsage([x509.ExtendedKeyUsageOID.EMAIL_PROTECTION])
            made = made.add_extension(purpose, critical=False)
        return made.sign(root, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)

    chain = certificate("leaf", leaf, authority=False) + certificate("root", root, authority=True)
    key = leaf.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return c2pa.Signer.from_info(c2pa.C2paSignerInfo(c2pa.C2paSigningAlg.ES256, chain, key, None))


def signed(signer: Any, source_type: str = GENERATED, url: str | None = None) -> bytes:
    import c2pa

    action = {"action": "c2pa.created", "digitalSourceType": source_type}
    builder = c2pa.Builder(json.dumps({
        "claim_generator_info": [{"name": "Drawing\nMachine " + "x" * 200, "version": "1"}],
        "assertions": [{"label": "c2pa.actions.v2", "data": {"actions": [action]}}],
    }))  # fmt: skip
    if url is not None:
        builder.set_no_embed()
        builder.set_remote_url(url)
    out = io.BytesIO()
    builder.sign(signer, "image/jpeg", io.BytesIO(plain()), out)
    return out.getvalue()


def test_what_a_generator_says_of_its_picture(signer: Any) -> None:
    found = read_credentials(signed(signer), "JPEG")
    assert (found.state, found.generated) == ("valid", True)
    assert found.maker is not None
    assert found.maker.startswith("Drawing Machine xxx")
    assert len(found.maker) == 80


def test_what_a_camera_says(signer: Any) -> None:
    assert not read_credentials(signed(signer, CAPTURED), "JPEG").generated


def test_a_picture_that_was_altered_after_signing(signer: Any) -> None:
    data = bytearray(signed(signer))
    data[-20] ^= 0xFF  # a pixel's code, near the end of the file
    assert read_credentials(bytes(data), "JPEG").state == "invalid"


def test_nothing_is_fetched(signer: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.3)
        url = f"http://127.0.0.1:{server.getsockname()[1]}/manifest.c2pa"
        assert read_credentials(signed(signer, url=url), "JPEG") == Credentials("elsewhere")
        with pytest.raises(TimeoutError):
            server.accept()


def test_none_and_broken_ones(signer: Any) -> None:
    assert read_credentials(plain(), "JPEG") == Credentials("none")
    assert read_credentials(b"", "BMP") == Credentials("none")
    data, states = signed(signer), Counter[str]()
    for position in range(30, 9000, 97):
        spoiled = bytearray(data)
        spoiled[position] ^= 0xFF
        states[read_credentials(bytes(spoiled), "JPEG").state] += 1
    assert set(states) <= {"valid", "invalid", "unreadable", "none"}  # a few bytes of padding bind nothing
    assert states["valid"] < 0.2 * states.total()


def test_without_the_package_nothing_is_claimed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "c2pa", None)
    assert read_credentials(plain(), "JPEG") == Credentials("not checked")
