"""NuGet: what was resolved, and what projects ask for with central versions."""

import json

import pytest

from quarterdeck.evidence.inventory.packages.dotnet import READERS
from quarterdeck.evidence.inventory.source import Unreadable
from tests.evidence.inventory.reading import read, rows

PROJECT = """<Project Sdk="Microsoft.NET.Sdk.Web">
  <PropertyGroup><TargetFrameworks>net8.0-windows;net48;netstandard2.0</TargetFrameworks></PropertyGroup>
  <ItemGroup>
    <PackageReference Include="Serilog" />
    <PackageReference Include="Dapper" VersionOverride="2.1.0" />
    <PackageReference Include="Newtonsoft.Json" version="13.0.3" />
    <PackageReference Include="Polly"><Version>[8.0,9.0)</Version></PackageReference>
    <PackageReference Include="StyleCop.Analyzers" PrivateAssets="All" />
    <PackageReference Include="Elsewhere" />
    <!-- <PackageReference Include="Commented" Version="1" /> -->
    <ProjectReference Include="..\\Core\\Acme.Core.csproj" />
  </ItemGroup>
</Project>
"""
CENTRAL = """<Project>
  <PropertyGroup><SerilogVersion>3.1.1</SerilogVersion></PropertyGroup>
  <ItemGroup>
    <PackageVersion Include="Serilog" Version="$(SerilogVersion)" />
    <PackageVersion Include="Dapper" Version="2.0.0" />
    <PackageVersion Include="StyleCop.Analyzers" Version="1.2.0-beta.507" />
    <GlobalPackageReference Include="Nerdbank.GitVersioning" Version="3.6.133" />
  </ItemGroup>
</Project>
"""
FILES = {"src/Web/Acme.Web.csproj": PROJECT, "Directory.Packages.props": CENTRAL}


def test_a_project_takes_its_versions_from_the_central_list() -> None:
    found = read(READERS, FILES, "src/Web/Acme.Web.csproj")

    assert rows(found, "nuget") == {
        ("Serilog", "3.1.1", "direct", "runtime"),
        ("Dapper", "2.1.0", "direct", "runtime"),
        ("Newtonsoft.Json", "13.0.3", "direct", "runtime"),
        ("Polly", "", "direct", "runtime"),
        ("StyleCop.Analyzers", "1.2.0-beta.507", "direct", "dev"),
        ("Elsewhere", "", "direct", "runtime"),
        ("Acme.Core", "", "direct", "runtime"),
    }
    assert {each.name: each.wanted for each in found}["Polly"] == "[8.0,9.0)"
    assert [each.name for each in found if each.origin == "path"] == ["Acme.Core"]


def test_the_frameworks_that_a_project_is_built_for_are_named() -> None:
    found = [each for each in read(READERS, FILES, "src/Web/Acme.Web.csproj") if each.ecosystem == "generic"]

    assert [(each.name, each.version, each.line) for each in found] == [
        ("dotnet", "net8.0", 2), ("dotnetfx", "net48", 2), ("netstandard", "netstandard2.0", 2)
    ]  # fmt: skip


def test_the_central_list_itself_asks_only_for_what_is_global() -> None:
    assert rows(read(READERS, FILES, "Directory.Packages.props")) == {("Nerdbank.GitVersioning", "3.6.133", "direct", "dev")}


def test_a_project_of_tests_uses_everything_for_tests() -> None:
    text = '<Project><ItemGroup><PackageReference Include="xunit" Version="2.6.0" /></ItemGroup></Project>'

    assert rows(read(READERS, {"t/Acme.Web.Tests.csproj": text})) == {("xunit", "2.6.0", "direct", "test")}


def test_a_project_that_is_packed_is_delivered_even_if_it_loads_a_test_library() -> None:
    text = (
        "<Project><PropertyGroup><IsPackable>true</IsPackable></PropertyGroup>"
        '<ItemGroup><PackageReference Include="NUnit" Version="4.5.1" /></ItemGroup></Project>'
    )

    assert rows(read(READERS, {"src/Acme.Game.csproj": text})) == {("NUnit", "4.5.1", "direct", "runtime")}


LOCK = {
    "version": 1,
    "dependencies": {
        "net6.0": {
            "Serilog": {"type": "Direct", "requested": "[3.1.1, )", "resolved": "3.1.1", "contentHash": "aa", "dependencies": {"system.memory": "4.5.5"}},
            "System.Memory": {"type": "Transitive", "resolved": "4.5.5"},
            "acme.core": {"type": "Project", "dependencies": {"Dapper": "2.0.0"}},
            "Dapper": {"type": "CentralTransitive", "resolved": "2.0.0"},
        },
        "net8.0": {"Serilog": {"type": "Direct", "resolved": "3.1.1"}, "System.Memory": {"type": "Transitive", "resolved": "4.5.4"}},
    },
}  # fmt: skip


def test_a_lockfile_counts_each_release_once_over_all_frameworks() -> None:
    found = read(READERS, {"src/Web/packages.lock.json": json.dumps(LOCK, indent=1), **FILES}, "src/Web/packages.lock.json")

    assert rows(found) == {
        ("Serilog", "3.1.1", "direct", "runtime"),
        ("System.Memory", "4.5.5", "transitive", "unknown"),
        ("System.Memory", "4.5.4", "transitive", "unknown"),
        ("acme.core", "", "direct", "runtime"),
        ("Dapper", "2.0.0", "transitive", "unknown"),
    }
    known = {(each.name, each.version): each for each in found}
    assert known["System.Memory", "4.5.5"].parents == ("pkg:nuget/Serilog@3.1.1",)
    assert known["System.Memory", "4.5.4"].parents == ()
    assert known["Dapper", "2.0.0"].parents == ("pkg:nuget/acme.core",)
    assert (known["Serilog", "3.1.1"].integrity, known["acme.core", ""].origin) == ("aa", "path")


def test_the_files_that_a_build_writes_are_read() -> None:
    libraries = {"App/1.0.0": {"type": "project"}, "Dapper/2.0.0": {"type": "package", "sha512": "bb"}, "Deep/1.0.0": {"type": "package"}}
    rows_of = {"App/1.0.0": {"dependencies": {"Dapper": "2.0.0"}}, "Dapper/2.0.0": {"dependencies": {"Deep": "1.0.0"}}, "Deep/1.0.0": {}}
    deps = json.dumps({"targets": {".NETCoreApp,Version=v8.0": rows_of}, "libraries": libraries})
    del libraries["App/1.0.0"], rows_of["App/1.0.0"]
    groups = {"net8.0": ["Dapper >= 2.0.0"]}
    assets = json.dumps({"targets": {"net8.0": rows_of}, "libraries": libraries, "projectFileDependencyGroups": groups})

    for path, text in (("out/App.deps.json", deps), ("obj/project.assets.json", assets)):
        assert rows(read(READERS, {path: text})) == {("Dapper", "2.0.0", "direct", "runtime"), ("Deep", "1.0.0", "transitive", "unknown")}


def test_a_flat_list_does_not_tell_what_was_asked_for() -> None:
    text = """<packages>
  <package id="jQuery" version="3.7.0" targetFramework="net48" />
  <package id="MSBuildTasks" version="1.5.0" developmentDependency="true" />
</packages>"""
    found = read(READERS, {"packages.config": text})

    assert rows(found) == {("jQuery", "3.7.0", "unknown", "runtime"), ("MSBuildTasks", "1.5.0", "unknown", "dev")}
    assert all(each.confidence < 1.0 for each in found)


def test_the_sdk_and_local_tools_are_named() -> None:
    files = {
        "global.json": '{\n // pinned\n "sdk": {"version": "8.0.100"},\n "msbuild-sdks": {"MSTest.Sdk": "3.3.1"}\n}',
        ".config/dotnet-tools.json": '{"version": 1, "tools": {"dotnet-ef": {"version": "8.0.0", "commands": ["dotnet-ef"]}}}',
    }
    assert rows(read(READERS, files)) == {
        ("dotnet-sdk", "8.0.100", "direct", "build"), ("MSTest.Sdk", "3.3.1", "direct", "build"), ("dotnet-ef", "8.0.0", "direct", "dev")
    }  # fmt: skip


@pytest.mark.parametrize(
    ("path", "text"), [("packages.lock.json", "[]"), ("a.csproj", "<Project>"), ("packages.config", "{}"), ("global.json", "")]
)
def test_broken_files_are_refused(path: str, text: str) -> None:
    with pytest.raises(Unreadable):
        read(READERS, {path: text})
