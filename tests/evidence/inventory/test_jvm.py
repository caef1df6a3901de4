"""Maven and Gradle: versions from parents, properties, BOMs, catalogues and lockfiles; what only the network knows stays open."""

import pytest

from quarterdeck.evidence.inventory.packages.jvm import READERS
from quarterdeck.evidence.inventory.source import Unreadable
from tests.evidence.inventory.reading import read, rows

PARENT = """<project xmlns="http://maven.apache.org/POM/4.0.0">
  <parent>
    <groupId>org.springframework.boot</groupId>
    <artifactId>spring-boot-starter-parent</artifactId>
    <version>3.2.0</version>
    <relativePath/>
  </parent>
  <groupId>com.acme</groupId>
  <artifactId>shop</artifactId>
  <version>1.0</version>
  <modules><module>web</module></modules>
  <properties>
    <java.version>17</java.version>
    <guava.version>${guava.major}.1-jre</guava.version>
    <guava.major>33</guava.major>
  </properties>
  <dependencyManagement>
    <dependencies>
      <dependency><groupId>com.google.guava</groupId><artifactId>guava</artifactId><version>${guava.version}</version></dependency>
      <dependency><groupId>org.junit</groupId><artifactId>junit-bom</artifactId><version>5.10.0</version><type>pom</type><scope>import</scope></dependency>
      <dependency><groupId>com.acme</groupId><artifactId>bom</artifactId><version>1.0</version><type>pom</type><scope>import</scope></dependency>
      <dependency><groupId>org.mockito</groupId><artifactId>mockito-core</artifactId><version>5.8.0</version><scope>test</scope></dependency>
    </dependencies>
  </dependencyManagement>
  <build>
    <pluginManagement><plugins>
      <plugin><artifactId>maven-jar-plugin</artifactId><version>3.3.0</version></plugin>
    </plugins></pluginManagement>
  </build>
</project>
"""
BOM = """<project>
  <groupId>com.acme</groupId><artifactId>bom</artifactId><version>1.0</version>
  <properties><slf4j>2.0.9</slf4j></properties>
  <dependencyManagement><dependencies>
    <dependency><groupId>org.slf4j</groupId><artifactId>slf4j-api</artifactId><version>${slf4j}</version></dependency>
  </dependencies></dependencyManagement>
</project>
"""
WEB = """<project>
  <parent><groupId>com.acme</groupId><artifactId>shop</artifactId><version>1.0</version></parent>
  <artifactId>web</artifactId>
  <dependencies>
    <dependency><groupId>com.google.guava</groupId><artifactId>guava</artifactId></dependency>
    <dependency><groupId>org.slf4j</groupId><artifactId>slf4j-api</artifactId></dependency>
    <dependency><groupId>org.springframework.boot</groupId><artifactId>spring-boot-starter-web</artifactId></dependency>
    <dependency><groupId>org.mockito</groupId><artifactId>mockito-core</artifactId></dependency>
    <dependency><groupId>jakarta.servlet</groupId><artifactId>jakarta.servlet-api</artifactId><version>[6.0,7)</version><scope>provided</scope></dependency>
    <dependency><groupId>${project.groupId}</groupId><artifactId>core</artifactId><version>${project.version}</version></dependency>
    <dependency><groupId>a</groupId><artifactId>b</artifactId><version>${nowhere}</version><optional>true</optional></dependency>
  </dependencies>
  <build><plugins><plugin><artifactId>maven-jar-plugin</artifactId></plugin></plugins></build>
</project>
"""
CORE = WEB.replace(">web<", ">core<").partition("<dependencies>")[0] + "</project>"
POMS = {"pom.xml": PARENT, "bom/pom.xml": BOM, "web/pom.xml": WEB, "core/pom.xml": CORE}


def test_a_module_takes_versions_and_scopes_from_its_ancestors_and_boms() -> None:
    found = read(READERS, POMS, "web/pom.xml")

    assert rows(found) == {
        ("com.google.guava:guava", "33.1-jre", "direct", "runtime"),
        ("org.slf4j:slf4j-api", "2.0.9", "direct", "runtime"),
        ("org.springframework.boot:spring-boot-starter-web", "", "direct", "runtime"),
        ("org.mockito:mockito-core", "5.8.0", "direct", "test"),
        ("jakarta.servlet:jakarta.servlet-api", "", "direct", "build"),
        ("com.acme:core", "1.0", "direct", "runtime"),
        ("a:b", "", "direct", "optional"),
        ("org.apache.maven.plugins:maven-jar-plugin", "3.3.0", "direct", "build"),
    }


def test_what_the_repository_builds_itself_is_no_third_party() -> None:
    found = {each.name: each for each in read(READERS, POMS, "web/pom.xml")}

    assert {name for name, each in found.items() if each.origin == "path"} == {"com.acme:core"}
    assert (found["a:b"].wanted, found["jakarta.servlet:jakarta.servlet-api"].wanted) == ("${nowhere}", "[6.0,7)")
    assert found["com.google.guava:guava"].purl == "pkg:maven/com.google.guava/guava@33.1-jre"


def test_the_outside_parent_boms_and_the_java_release_are_named() -> None:
    found = read(READERS, POMS, "pom.xml")

    assert rows(found, "maven") == {
        ("org.springframework.boot:spring-boot-starter-parent", "3.2.0", "direct", "build"),
        ("org.junit:junit-bom", "5.10.0", "direct", "build"),
        ("com.acme:bom", "1.0", "direct", "build"),
    }
    assert [(each.name, each.wanted, each.line) for each in found if each.ecosystem == "generic"] == [("java", "17", 13)]


def test_parents_and_properties_in_a_circle_come_to_an_end() -> None:
    text = """<project><parent><groupId>g</groupId><artifactId>{0}</artifactId><relativePath>../{0}/pom.xml</relativePath></parent>
    <groupId>g</groupId><artifactId>{1}</artifactId><properties><x>${{y}}${{y}}</x><y>${{x}}${{x}}</y></properties>
    <dependencies><dependency><groupId>c</groupId><artifactId>d</artifactId><version>${{x}}</version></dependency></dependencies></project>"""
    found = read(READERS, {"a/pom.xml": text.format("b", "a"), "b/pom.xml": text.format("a", "b")})

    assert {(each.name, each.version) for each in found} == {("c:d", "")}


@pytest.mark.parametrize("text", ["", "<project>", '<!DOCTYPE x [<!ENTITY a "b">]><project>&a;</project>'])
def test_broken_and_hostile_poms_are_refused(text: str) -> None:
    with pytest.raises(Unreadable):
        read(READERS, {"pom.xml": text})


CATALOGUE = """[versions]
okhttp = "4.12.0"
kotlin = { strictly = "1.9.22" }

[libraries]
okhttp-core = { module = "com.squareup.okhttp3:okhttp", version.ref = "okhttp" }
junit = "org.junit.jupiter:junit-jupiter:5.10.1"
kotlin_stdlib = { group = "org.jetbrains.kotlin", name = "kotlin-stdlib", version.ref = "kotlin" }
bare = { module = "com.acme:bare" }

[bundles]
all = ["okhttp-core", "kotlin_stdlib"]

[plugins]
shadow = { id = "com.gradleup.shadow", version = "8.3.0" }
"""
BUILD = """plugins {
    id("org.springframework.boot") version "3.2.1"
    alias(libs.plugins.shadow)
    kotlin("jvm") version "1.9.22"
    java
}
val retrofit by extra("2.9.0")
/* implementation("not:this:1") */
dependencies {
    implementation(libs.bundles.all)
    implementation("com.squareup.retrofit2:retrofit:$retrofit") { exclude(group = "x", module = "y") }
    implementation(platform("com.google.cloud:libraries-bom:26.1.0"))
    compileOnly("org.projectlombok:lombok:1.18.30") // processor
    testImplementation(
        libs.junit
    )
    implementation(project(":core"))
    implementation("com.acme:range:[1,2)")
    implementation("com.acme:managed")
    runtimeOnly(group = "org.postgresql", name = "postgresql", version = "42.7.1")
    implementation(kotlin("reflect", "1.9.22"))
    if (edge) {
        implementation("com.acme:edge:${property("edgeVersion")}")
    }
}
java { toolchain { languageVersion.set(JavaLanguageVersion.of(21)) } }
"""
GRADLE = {"app/build.gradle.kts": BUILD, "gradle/libs.versions.toml": CATALOGUE, "gradle.properties": "edgeVersion=9.9\n"}


def test_a_build_script_is_read_with_its_catalogue_and_values() -> None:
    found = read(READERS, GRADLE, "app/build.gradle.kts")

    assert rows(found, "maven") == {
        ("org.springframework.boot:org.springframework.boot.gradle.plugin", "3.2.1", "direct", "build"),
        ("com.gradleup.shadow:com.gradleup.shadow.gradle.plugin", "8.3.0", "direct", "build"),
        ("org.jetbrains.kotlin.jvm:org.jetbrains.kotlin.jvm.gradle.plugin", "1.9.22", "direct", "build"),
        ("com.squareup.okhttp3:okhttp", "4.12.0", "direct", "runtime"),
        ("org.jetbrains.kotlin:kotlin-stdlib", "1.9.22", "direct", "runtime"),
        ("com.squareup.retrofit2:retrofit", "2.9.0", "direct", "runtime"),
        ("com.google.cloud:libraries-bom", "26.1.0", "direct", "build"),
        ("org.projectlombok:lombok", "1.18.30", "direct", "build"),
        ("org.junit.jupiter:junit-jupiter", "5.10.1", "direct", "test"),
        ("com.acme:range", "", "direct", "runtime"),
        ("com.acme:managed", "", "direct", "runtime"),
        ("org.postgresql:postgresql", "42.7.1", "direct", "runtime"),
        ("org.jetbrains.kotlin:kotlin-reflect", "1.9.22", "direct", "runtime"),
        ("com.acme:edge", "9.9", "direct", "runtime"),
    }
    assert [(each.name, each.wanted) for each in found if each.ecosystem == "generic"] == [("java", "21")]


def test_a_groovy_script_with_maps_and_a_build_script_block_is_read() -> None:
    text = """buildscript {
  ext.versions = [ jackson: '2.15.0', "netty": '4.1.100' ]
  dependencies { classpath "com.acme:plugin:1.0" }
}
ext { libs2 = [ jackson: "com.fasterxml.jackson.core:jackson-databind:$versions.jackson" ] }
def lombok = '1.18'
dependencies {
  api libs2.jackson
  implementation "io.netty:netty-all:${versions.netty}", 'org.slf4j:slf4j-api:2.0.9'
  annotationProcessor 'org.projectlombok:lombok:' + lombok
  testImplementation group: 'junit', name: 'junit', version: '4.13.2'
  implementation 'com.acme:dynamic:1.+'
}
sourceCompatibility = JavaVersion.VERSION_1_8
"""
    found = read(READERS, {"build.gradle": text})

    assert rows(found, "maven") == {
        ("com.acme:plugin", "1.0", "direct", "build"),
        ("com.fasterxml.jackson.core:jackson-databind", "2.15.0", "direct", "runtime"),
        ("io.netty:netty-all", "4.1.100", "direct", "runtime"),
        ("org.slf4j:slf4j-api", "2.0.9", "direct", "runtime"),
        ("org.projectlombok:lombok", "1.18", "direct", "build"),
        ("junit:junit", "4.13.2", "direct", "test"),
        ("com.acme:dynamic", "", "direct", "runtime"),
    }
    assert next(each.wanted for each in found if each.ecosystem == "generic") == "1.8"


def test_a_catalogue_names_what_it_offers_with_lines() -> None:
    found = {each.name: each for each in read(READERS, GRADLE, "gradle/libs.versions.toml")}

    assert {name: (each.version, each.line, each.system) for name, each in found.items()} == {
        "com.squareup.okhttp3:okhttp": ("4.12.0", 6, ""),
        "org.junit.jupiter:junit-jupiter": ("5.10.1", 7, ""),
        "org.jetbrains.kotlin:kotlin-stdlib": ("1.9.22", 8, ""),
        "com.acme:bare": ("", 9, ""),
        "com.gradleup.shadow:com.gradleup.shadow.gradle.plugin": ("8.3.0", 15, ""),
    }


def test_a_lockfile_tells_scopes_by_its_configurations() -> None:
    lock = """# This is a Gradle generated file for dependency locking.
com.squareup.retrofit2:retrofit:2.9.0=compileClasspath,runtimeClasspath,testRuntimeClasspath
com.squareup.okio:okio:3.6.0=runtimeClasspath
org.projectlombok:lombok:1.18.30=annotationProcessor,compileClasspath
org.junit.jupiter:junit-jupiter:5.10.1=testCompileClasspath,testRuntimeClasspath
empty=
"""
    metadata = """<verification-metadata><components><component group="com.squareup.okio" name="okio" version="3.6.0">
    <artifact name="okio-3.6.0.jar"><sha256 value="ab12"/></artifact></component></components></verification-metadata>"""
    files = {**GRADLE, "app/gradle.lockfile": lock, "gradle/verification-metadata.xml": metadata}

    found = read(READERS, files, "app/gradle.lockfile")

    assert rows(found) == {
        ("com.squareup.retrofit2:retrofit", "2.9.0", "direct", "runtime"),
        ("com.squareup.okio:okio", "3.6.0", "transitive", "runtime"),
        ("org.projectlombok:lombok", "1.18.30", "direct", "build"),
        ("org.junit.jupiter:junit-jupiter", "5.10.1", "direct", "test"),
    }
    assert {each.name: each.integrity for each in found}["com.squareup.okio:okio"] == "sha256:ab12"
    assert read(READERS, files, "gradle/verification-metadata.xml") == []


@pytest.mark.parametrize(
    "text", ["{" * 50_000, "a.b" * 7_000, "dependencies {" + "(" * 50_000, "x = [" * 10_000, '"' * 50_000, "a=" * 20_000]
)
def test_a_script_built_to_hurt_is_read_quickly(text: str) -> None:
    assert read(READERS, {"build.gradle": text}) == []
