"""The JVM: Maven and Gradle."""

from quarterdeck.evidence.inventory.packages.jvm import gradle, maven
from quarterdeck.evidence.inventory.source import Readers

READERS: Readers = (*maven.READERS, *gradle.READERS)
