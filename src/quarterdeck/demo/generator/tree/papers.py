"""The files around the code: README, licence notice, policy, builds, images and infrastructure."""

from datetime import date

from quarterdeck.demo.generator.draws import Draws
from quarterdeck.demo.generator.tree import manifests, runtimes
from quarterdeck.demo.generator.world import System, World

ACTIONS = ("actions/checkout", "actions/cache", "docker/setup-buildx-action")
RUN = {
    "Python": ("pip install --require-hashes -r requirements.txt", "python -m pytest", "python -m app"),
    "JavaScript": ("npm ci", "npm test", "node src/index.js"),
    "TypeScript": ("npm ci", "npm test", "node dist/index.js"),
    "PHP": ("composer install --no-dev", "vendor/bin/phpunit", "php-fpm"),
    "Java": ("mvn -B package", "mvn -B test", "java -jar app.jar"),
    "Go": ("go build ./...", "go test ./...", "./app"),
}


def first_files(world: World, system: System) -> dict[str, str | bytes]:
    """Return the plain files that a repository begins with."""
    draws = world.draws.of("papers", system.name)
    made: dict[str, str | bytes] = {"README.md": readme(world, system), ".gitignore": "build/\n.env\n*.log\n"}
    made["Dockerfile"] = dockerfile(system, draws)
    if system.database[0]:
        made["compose.yaml"] = compose(system, draws)
    made[".github/workflows/build.yml"] = workflow(system, draws)
    made |= _notices(world, system, draws)
    if system.name == "infra" or system.criticality == "high":
        made["deploy/main.tf"] = terraform(world, system, draws)
    missing = {"licence": "LICENSE", "policy": "SECURITY.md", "build": ".github/workflows/build.yml"}
    return {path: text for path, text in made.items() if path not in {missing.get(gap) for gap in system.gaps}}


def _notices(world: World, system: System, draws: Draws) -> dict[str, str]:
    made = {
        "LICENSE": f"Copyright {world.first.year} {world.name}. All rights reserved.\n\nThis software is the property of {world.name}. "
        "Nobody may copy, change or pass it on without a written agreement.\n",
        "SECURITY.md": f"# Security\n\nWrite to security@{world.slug}.example if you find a vulnerability. We answer within {draws.whole(2, 5)} days and "
        f"disclose together with you, at the latest after {draws.pick((60, 90, 120))} days: https://www.{world.slug}.example/security\n",
    }
    if "updates" not in system.gaps and "other updates" not in system.gaps:
        made[".github/dependabot.yml"] = (
            'version: 2\nupdates:\n  - package-ecosystem: "docker"\n    directory: "/"\n    schedule:\n      interval: "weekly"\n'
        )
    if "other updates" in system.gaps:
        made["renovate.json"] = '{\n  "extends": ["config:recommended"],\n  "schedule": ["before 6am on monday"]\n}\n'
    return made


def readme(world: World, system: System) -> str:
    """Return the README of a system."""
    install, test, start = RUN[system.language]
    text = f"# {system.name}\n\n{system.purpose.capitalize()}, for {world.name}.\n\n## Run\n\n```\n{install}\n{test}\n{start}\n```\n"
    if system.status == "finished":
        text += "\n## Status\n\nComplete. It does what it is for, other systems build on it, and no further work is planned.\n"
    return text


def dockerfile(system: System, draws: Draws) -> str:
    """Return the image that runs the system."""
    image = runtimes.image(system.language, system.runtime[1], draws)
    install, _, start = RUN[system.language]
    install = manifests.INSTALL_UV if system.locks_with == "uv" else install
    return f"FROM {image}\nWORKDIR /srv/{system.name}\nCOPY . .\nRUN {install}\nUSER 10001\nCMD {start.split()!r}\n".replace("'", '"')


def compose(system: System, draws: Draws) -> str:
    """Return the services that the system runs with."""
    image = runtimes.database_image(*system.database, draws)
    return f"services:\n  {system.name}:\n    build: .\n    depends_on: [store]\n  store:\n    image: {image}\n    volumes: [rows:/data]\nvolumes:\n  rows: {{}}\n"


def workflow(system: System, draws: Draws) -> str:
    """Return the build of the code host, with the habits of the system."""
    used = [_action(system, draws, name) for name in draws.some(ACTIONS, 2)]
    _, test, _ = RUN[system.language]
    top = {"token": "permissions: write-all\n"}.get("token" if "token" in system.gaps else "", "permissions:\n  contents: read\n")
    started = "  pull_request_target:\n" if "danger" in system.gaps else "  pull_request:\n"
    steps = "".join(f"      - uses: {each}\n" for each in used)
    if "danger" in system.gaps:
        steps += '      - run: echo "Checking ${{ github.event.pull_request.title }}"\n'
    job = "    permissions:\n      contents: read\n      packages: write\n" if "job token" in system.gaps else ""
    return (
        f"name: build\non:\n  push:\n    branches: [main]\n{started}{top}jobs:\n  test:\n    runs-on: ubuntu-latest\n{job}    steps:\n{steps}"
        f"      - run: docker build --tag {system.name} .\n      - run: docker run {system.name} {test}\n"
    )


def _action(system: System, draws: Draws, name: str) -> str:
    major = draws.whole(3, 4)
    return f"{name}@v{major}" if "actions" in system.gaps else f"{name}@{draws.hex(40)} # v{major}.{draws.whole(0, 3)}.{draws.whole(0, 3)}"


def terraform(world: World, system: System, draws: Draws) -> str:
    """Return a piece of infrastructure."""
    return (
        f'resource "aws_s3_bucket" "{system.name}_files" {{\n  bucket = "{world.slug}-{system.name}-files"\n}}\n\n'
        f'resource "aws_cloudwatch_log_group" "{system.name}" {{\n  name              = "/{world.slug}/{system.name}"\n'
        f"  retention_in_days = {draws.pick((30, 60, 90))}\n}}\n"
    )


def choose_runtimes(world: World) -> None:
    """Give each system a runtime and a database that are supported for another year at least."""
    for system in world.systems:
        draws = world.draws.of("runtime", system.name)
        system.runtime = (runtimes.PRODUCT[system.language], draws.pick(runtimes.supported(runtimes.PRODUCT[system.language], world.today)))
        if system.database[0]:
            system.database = (system.database[0], draws.pick(runtimes.supported(system.database[0], world.today)))


def end_of(product: str, release: str) -> date:
    """Return the day after which nobody repairs a release."""
    return next(each.end for each in runtimes.RELEASES if (each.product, each.name) == (product, release))
