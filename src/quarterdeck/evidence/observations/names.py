"""What the name of a file alone shows: update tools, owners, build systems and fuzzing."""

from collections.abc import Iterator

from quarterdeck.evidence.observations.rows import BUILD, FUZZING, OWNERS, SAST, UPDATES, Row

# rules of OpenSSF Scorecard 5, Dependency-Update-Tool
_TOOLS = {
    "Dependabot": ".github/dependabot.yml .github/dependabot.yaml",
    "Renovate": "renovate.json renovate.json5 .github/renovate.json .github/renovate.json5 .gitlab/renovate.json .gitlab/renovate.json5 "
    ".renovaterc .renovaterc.json .renovaterc.json5",
    "Scala Steward": ".scala-steward.conf scala-steward.conf .github/.scala-steward.conf .github/scala-steward.conf "
    ".config/.scala-steward.conf .config/scala-steward.conf",
}
# facts beyond the rules; they change no score
_BUILDS = {
    "GitLab": ".gitlab-ci.yml",
    "Jenkins": "jenkinsfile",
    "Travis": ".travis.yml",
    "CircleCI": ".circleci/config.yml",
    "Azure Pipelines": "azure-pipelines.yml azure-pipelines.yaml",
    "AppVeyor": "appveyor.yml .appveyor.yml",
    "Bitbucket": "bitbucket-pipelines.yml",
    "Drone": ".drone.yml",
    "Cirrus": ".cirrus.yml",
    "Buildkite": ".buildkite/pipeline.yml",
    "Cloud Build": "cloudbuild.yaml cloudbuild.yml",
    "CodeBuild": "buildspec.yml buildspec.yaml",
    "Woodpecker": ".woodpecker.yml",
}
_FUZZING = {"ClusterFuzzLite": ".clusterfuzzlite/dockerfile", "cargo-fuzz": "fuzz/cargo.toml", "OneFuzz": "onefuzz-config.json .onefuzz"}
_OWNERS = {"owners": "codeowners .github/codeowners docs/codeowners .gitlab/codeowners"}
_ANALYSERS = {
    "Sonar": "sonar-project.properties .sonarcloud.properties",
    "Semgrep": ".semgrep.yml .semgrep/config.yml",
    "CodeQL settings": ".github/codeql/codeql-config.yml",
    "Qodana settings": "qodana.yaml qodana.yml",
}
_FACTS = {
    path: (topic, kind, name)
    for topic, kind, table in (
        (UPDATES, "tool", _TOOLS),
        (BUILD, "configuration", _BUILDS),
        (FUZZING, "configuration", _FUZZING),
        (OWNERS, "file", _OWNERS),
        (SAST, "settings", _ANALYSERS),
    )
    for name, paths in table.items()
    for path in paths.split()
}


def known(path: str) -> bool:
    """Tell whether the name of a file says something."""
    return path.lower() in _FACTS


def observe(path: str) -> Iterator[Row]:
    """Yield what the name of a file says."""
    if fact := _FACTS.get(path.lower()):
        topic, kind, name = fact
        yield topic, kind, 1, name
