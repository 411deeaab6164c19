"""`python make_signed.py` writes the files in `signed/`, with c2pa-python 0.38 and cryptography, which no test needs.

The files are samples of tests.samples with a manifest each, signed with a certificate that nobody trusts.
"""

import datetime
import io
import json
from pathlib import Path

import c2pa
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from tests import samples

SOURCES = {
    "v2.jpg": ("image/jpeg", samples.jpeg),
    "v1.png": ("image/png", samples.png),
    "v2.webp": ("image/webp", samples.webp),
    "v2.mp4": ("video/mp4", lambda: samples.mp4(audio=False)),
    "v1.heic": ("image/heic", samples.heic),
    "v2.avif": ("image/avif", samples.avif),
    "v2.mp3": ("audio/mpeg", samples.mp3),
}


def _certificate(
    subject: str, public: ec.EllipticCurvePublicKey, issuer: ec.EllipticCurvePrivateKey
) -> x509.Certificate:
    is_root = subject == "root"
    names = [
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name), x509.NameAttribute(NameOID.COUNTRY_NAME, "DE")])
        for name in (subject, "root")
    ]
    begin = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
    usage = [not is_root, *[False] * 4, is_root, is_root, False, False]
    return (
        x509.CertificateBuilder(names[1], names[0], public, x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(begin + datetime.timedelta(days=36_500))
        .add_extension(x509.BasicConstraints(is_root, None), critical=True)
        .add_extension(x509.KeyUsage(*usage), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.public_key()), critical=False)
        .sign(issuer, hashes.SHA256())
    )


def main() -> None:
    root, leaf = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    certificates = _certificate("leaf", leaf.public_key(), root), _certificate("root", root.public_key(), root)
    chain = b"".join(each.public_bytes(serialization.Encoding.PEM) for each in certificates)
    pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    key = leaf.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain)
    signer = c2pa.Signer.from_info(c2pa.C2paSignerInfo(alg=b"es256", sign_cert=chain, private_key=key, ta_url=None))
    context = c2pa.Context(c2pa.Settings.from_dict({"builder": {"thumbnail": {"enabled": False}}}))
    for name, (mime, make) in SOURCES.items():
        manifest = {
            "claim_version": int(name[1]),
            "claim_generator_info": [{"name": "Mediatheque test", "version": "1.2"}],
            "title": "a cat",
            "assertions": [{"label": "c2pa.actions", "data": {"actions": [{"action": "c2pa.created"}]}}],
        }
        signed = io.BytesIO()
        c2pa.Builder(json.dumps(manifest), context).sign(signer, mime, io.BytesIO(make()), signed)
        (Path(__file__).parent / "signed" / name).write_bytes(signed.getvalue())


if __name__ == "__main__":
    main()
