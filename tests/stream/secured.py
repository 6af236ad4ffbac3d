"""A broker behind TLS and SASL, with users, certificates and rights: what a company's Kafka asks for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import trustme
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key

from tests.kafka import KafkaBroker

SECRET: Final = "hunter2-and-more"
# `scorer` may do everything, `stranger` nothing. Who comes without TLS and SASL is the administrator of the tests.
SETTINGS: Final = """
listeners=PLAINTEXT://127.0.0.1:{{port}},CONTROLLER://127.0.0.1:{{controller_port}},\
SSL://127.0.0.1:{{ports[0]}},SASL_PLAINTEXT://127.0.0.1:{{ports[1]}},SASL_SSL://127.0.0.1:{{ports[2]}}
advertised.listeners=PLAINTEXT://127.0.0.1:{{port}},SSL://127.0.0.1:{{ports[0]}},\
SASL_PLAINTEXT://127.0.0.1:{{ports[1]}},SASL_SSL://127.0.0.1:{{ports[2]}}
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SSL:SSL,SASL_PLAINTEXT:SASL_PLAINTEXT,SASL_SSL:SASL_SSL
sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256,SCRAM-SHA-512
{jaas}
ssl.keystore.type=PEM
ssl.keystore.location={certificates}/broker.pem
ssl.truststore.type=PEM
ssl.truststore.location={certificates}/ca.pem
listener.name.ssl.ssl.client.auth=required
ssl.principal.mapping.rules=RULE:^CN=([^,]+),.*$/$1/,DEFAULT
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:ANONYMOUS;User:scorer
"""
PLAIN: Final = f'org.apache.kafka.common.security.plain.PlainLoginModule required user_scorer="{SECRET}" user_stranger="{SECRET}";'
SCRAM: Final = "org.apache.kafka.common.security.scram.ScramLoginModule required;"
LISTENERS: Final = ("SSL", "SASL_PLAINTEXT", "SASL_SSL")


@dataclass
class SecuredBroker:
    """A broker with a listener for each protocol, and the files of its users."""

    broker: KafkaBroker
    certificates: Path

    def environment(self, protocol: str, mechanism: str = "", user: str = "scorer", secret: str = SECRET) -> dict[str, str]:
        """The settings of a worker that comes by this protocol."""
        environ = {
            "STREAMER_BROKER": f"127.0.0.1:{self.broker.ports[LISTENERS.index(protocol)]}",
            "STREAMER_SECURITY_PROTOCOL": protocol,
        }
        if mechanism:
            environ |= {"STREAMER_SASL_MECHANISM": mechanism, "STREAMER_SASL_USERNAME": user, "STREAMER_SASL_PASSWORD": secret}
        if protocol.endswith("SSL"):
            environ["STREAMER_SSL_CAFILE"] = str(self.certificates / "ca.pem")
        if protocol == "SSL":
            environ |= {"STREAMER_SSL_CERTFILE": str(self.certificates / f"{user}.pem")}
            environ |= {"STREAMER_SSL_KEYFILE": str(self.certificates / f"{user}.key")}
        return environ


@contextmanager
def secured_broker(certificates: Path) -> Iterator[SecuredBroker]:
    """A secured broker; its certificates are made in the folder."""
    _make_certificates(certificates)
    jaas = [
        f"listener.name.{listener}.{mechanism}.sasl.jaas.config={module}"
        for listener in ("sasl_plaintext", "sasl_ssl")
        for mechanism, module in (("plain", PLAIN), ("scram-sha-256", SCRAM), ("scram-sha-512", SCRAM))
    ]
    users = [
        f"{mechanism}=[name={user},password={SECRET}]"
        for mechanism in ("SCRAM-SHA-256", "SCRAM-SHA-512")
        for user in ("scorer", "stranger")
    ]
    with KafkaBroker(SETTINGS.format(jaas="\n".join(jaas), certificates=certificates), ports_more=3, users=users) as broker:
        yield SecuredBroker(broker, certificates)


def _make_certificates(folder: Path) -> None:
    ca = trustme.CA()
    ca.cert_pem.write_to_path(folder / "ca.pem")
    trustme.CA().cert_pem.write_to_path(folder / "other-ca.pem")
    of_broker = ca.issue_cert("127.0.0.1")
    # Kafka reads keys in the form of PKCS 8 alone.
    key = load_pem_private_key(of_broker.private_key_pem.bytes(), None)
    text = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / "broker.pem").write_bytes(text + b"".join(pem.bytes() for pem in of_broker.cert_chain_pems))
    for user in ("scorer", "stranger"):
        issued = ca.issue_cert(f"{user}.example", common_name=user)
        issued.private_key_pem.write_to_path(folder / f"{user}.key")
        issued.cert_chain_pems[0].write_to_path(folder / f"{user}.pem")
