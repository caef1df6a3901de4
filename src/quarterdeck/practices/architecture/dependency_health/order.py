"""The order of the work: each step opens the way for the next."""

from collections.abc import Sequence
from typing import NamedTuple

SYSTEMS = frozenset(
    "alpine-linux debian ubuntu centos centos-stream almalinux rocky-linux rhel fedora amazon-linux oracle-linux opensuse sles "
    "windows-server windows-server-core windows-nano-server".split()
)
RUNTIMES = frozenset(
    "python nodejs ruby php go rust dotnet dotnetfx oracle-jdk eclipse-temurin openjdk-builds-from-oracle red-hat-build-of-openjdk "
    "amazon-corretto azul-zulu microsoft-build-of-openjdk bellsoft-liberica ibm-semeru graalvm-ce kotlin scala apache-groovy elixir erlang "
    "perl bun deno aws-lambda".split()
)
STORES = frozenset(
    "postgresql mysql mariadb mongodb redis valkey elasticsearch opensearch rabbitmq memcached apache-cassandra apache-kafka "
    "apache-activemq mssqlserver oracle-database sqlite amazon-rds-mysql amazon-rds-postgresql nginx apache-http-server haproxy traefik "
    "tomcat eclipse-jetty keycloak grafana kibana logstash hashicorp-vault sonarqube-server kubernetes amazon-eks azure-kubernetes-service "
    "google-kubernetes-engine docker-engine".split()
)
STEPS = (
    ("exact versions first", "then every later step can be compared with what ran before"),
    ("base systems", "newer runtimes come with newer base systems"),
    ("runtimes", "newer frameworks ask for a newer runtime"),
    ("frameworks and libraries", "they follow once the runtime allows it"),
    ("databases and servers", "they move on their own, after a tested backup"),
)


class Step(NamedTuple):
    """One move: its place in the order, what it is about and why it stands there."""

    rank: int
    name: str
    why: str


def step_of(product: str) -> Step:
    """Return where the move of a product stands in the order."""
    rank = 1 if product in SYSTEMS else 2 if product in RUNTIMES else 4 if product in STORES else 3
    return Step(rank, *STEPS[rank])


def ordered(products: Sequence[str]) -> list[str]:
    """Return products in the order in which their moves open the way for each other."""
    return sorted(products, key=lambda product: (step_of(product).rank, product))
