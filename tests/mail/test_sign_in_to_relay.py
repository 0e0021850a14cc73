"""Encryption and authentication towards the relay."""

import datetime as dt
import ssl

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from ecrm.mail.handover import Kind, Outgoing
from tests.mail.scripted import Wire, accept_all, serve_on

MESSAGE = Outgoing("a@news.example", "b@example.com", (b"Subject: x\r\n\r\nHello\r\n",))


def with_user(url: str, options: str = "") -> str:
    return url.replace("smtp://", "smtp://ana:s%40crets@") + options


def only(outcomes):
    (outcome,) = outcomes
    return outcome


@pytest.mark.parametrize(
    ("methods", "replies", "said"),
    [
        (b"AUTH PLAIN LOGIN", [b"235 Welcome"], [b"AUTH PLAIN AGFuYQBzQGNyZXRz"]),
        (
            b"AUTH LOGIN",
            [b"334 VXNlcm5hbWU6", b"334 UGFzc3dvcmQ6", b"235 Welcome"],
            [b"AUTH LOGIN", b"YW5h", b"c0BjcmV0cw=="],
        ),
    ],
)
def test_signs_in_the_way_the_relay_offers(start_server, transport_to, methods, replies, said):
    def ask(wire: Wire) -> None:
        wire.greet((b"scripted", b"PIPELINING", methods))
        for reply in replies:
            wire.line()
            wire.say(reply)
        serve_on(wire)

    server = start_server(ask)
    assert only(transport_to(with_user(server.relay_url)).deliver([MESSAGE])).kind is Kind.ACCEPTED
    assert server.wires[0].heard[1 : 1 + len(said)] == said


def test_a_refused_sign_in_sends_nothing_and_does_not_tell_the_password(start_server, transport_to):
    def refuse(wire: Wire) -> None:
        wire.greet((b"scripted", b"AUTH PLAIN"))
        wire.line()
        wire.say(b"535 5.7.8 No")

    outcome = only(transport_to(with_user(start_server(refuse).relay_url)).deliver([MESSAGE]))
    assert (outcome.kind, outcome.code) == (Kind.UNSENT, 535)
    assert "s@crets" not in outcome.text


def test_nothing_is_sent_in_clear_text_when_encryption_is_asked_for(start_server, transport_to):
    server = start_server(accept_all)
    outcome = only(transport_to(server.relay_url + "&tls=starttls").deliver([MESSAGE]))
    assert outcome.kind is Kind.UNSENT
    assert "STARTTLS" in outcome.text


def test_starttls_with_a_certificate_we_trust(start_server, transport_to, certificate, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    server = start_server(_starttls(certificate))
    url = server.relay_url.replace("127.0.0.1", "localhost") + "&tls=starttls"
    assert only(transport_to(url).deliver([MESSAGE])).kind is Kind.ACCEPTED
    assert b"DATA" in server.wires[0].heard


def test_starttls_with_a_certificate_nobody_vouches_for(start_server, transport_to, certificate):
    server = start_server(_starttls(certificate))
    url = server.relay_url.replace("127.0.0.1", "localhost") + "&tls=starttls"
    assert only(transport_to(url).deliver([MESSAGE])).kind is Kind.UNSENT
    assert b"DATA" not in server.wires[0].heard


def test_a_reply_injected_before_encryption_is_ignored(start_server, transport_to, certificate, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    server = start_server(_starttls(certificate, injected=(b"250-evil", b"250 AUTH PLAIN")))
    url = server.relay_url.replace("127.0.0.1", "localhost") + "&tls=starttls"
    only(transport_to(url).deliver([MESSAGE]))
    assert not any(line.startswith(b"AUTH") for line in server.wires[0].heard)


def _starttls(certificate, injected: tuple[bytes, ...] = ()):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)

    def serve(wire: Wire) -> None:
        wire.greet((b"scripted", b"STARTTLS"))
        wire.line()
        wire.say(b"220 Go", *injected)
        wire.encrypt(context)
        wire.line()
        wire.say(b"250-scripted", b"250 PIPELINING")
        serve_on(wire)

    return serve


@pytest.fixture
def certificate(tmp_path):
    """A self-signed certificate for localhost, with its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = dt.datetime.now(dt.UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path / "localhost.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + signed.public_bytes(serialization.Encoding.PEM))
    return path
