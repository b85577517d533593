"""Makes a certificate for this machine and its key, as cert.pem and key.pem in the folder that is named."""

import datetime
import ipaddress
import pathlib
import sys

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

folder = pathlib.Path(sys.argv[1])
key = ec.generate_private_key(ec.SECP256R1())
name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
now = datetime.datetime.now(datetime.timezone.utc)
# The second one is like Binance's own, which ccxt has its classes of errors for.
names = x509.SubjectAlternativeName([
    x509.IPAddress(ipaddress.ip_address("127.0.0.1")), x509.DNSName("fapi.seawall.test"),
])
certificate = (
    x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    .serial_number(x509.random_serial_number())
    .not_valid_before(now - datetime.timedelta(days=1)).not_valid_after(now + datetime.timedelta(days=1))
    .add_extension(names, critical=False)
    .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    .sign(key, hashes.SHA256())
)
pem = serialization.Encoding.PEM
(folder / "cert.pem").write_bytes(certificate.public_bytes(pem))
(folder / "key.pem").write_bytes(key.private_bytes(
    pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
