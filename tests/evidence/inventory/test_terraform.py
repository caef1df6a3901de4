"""Terraform: locked providers, and the releases, providers and modules that configurations ask for."""

import pytest

from quarterdeck.evidence.inventory.platform.terraform import READERS
from quarterdeck.evidence.inventory.source import Unreadable
from tests.evidence.inventory.reading import read, rows

MAIN = """terraform {
  required_version = ">= 1.5" # as of now
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.0"
    }
    random = "3.5.1"
    own = { source = "registry.acme.example/acme/own" }
  }
}

/* module "left_out" { source = "a/b/c" } */
module "vpc" {
  source  = "terraform-aws-modules/vpc/aws"
  version = "5.1.0"
  name    = "x-${var.on ? "a}" : "b{"}-${join("\\"", ["}"])}"
}
module "git" { source = "git::https://github.com/acme/net.git//sub?ref=v1.2&depth=1" }
module "own" { source = "./modules/own" }
resource "x" "y" {
  text = <<-EOT
    module "trap" { source = "x/y/z" }
  EOT
}
provider "google" { version = "~> 4.0" }
"""
LOCK = """# maintained automatically
provider "registry.terraform.io/hashicorp/aws" {
  version     = "5.31.0"
  constraints = "~> 5.0"
  hashes = [
    "h1:abc=",
    "zh:def",
  ]
}

provider "registry.terraform.io/hashicorp/tls" {
  version = "4.0.5"
}
"""


def test_a_configuration_names_releases_providers_and_modules() -> None:
    found = {each.name: each for each in read(READERS, {"main.tf": MAIN})}

    assert {name: (each.version, each.wanted, each.origin, each.line) for name, each in found.items()} == {
        "terraform": ("", ">= 1.5", "registry", 2),
        "hashicorp/aws": ("", "~> 5.0", "registry", 6),
        "hashicorp/random": ("3.5.1", "", "registry", 8),
        "registry.acme.example/acme/own": ("", "", "registry", 9),
        "hashicorp/google": ("", "~> 4.0", "registry", 26),
        "terraform-aws-modules/vpc/aws": ("5.1.0", "", "registry", 15),
        "github.com/acme/net": ("v1.2", "", "git", 19),
    }
    assert found["terraform"].ecosystem == "generic"


def test_a_lockfile_names_exact_releases_and_what_was_asked_for() -> None:
    found = read(READERS, {".terraform.lock.hcl": LOCK, "main.tf": MAIN}, ".terraform.lock.hcl")

    assert rows(found) == {("hashicorp/aws", "5.31.0", "direct", "runtime"), ("hashicorp/tls", "4.0.5", "unknown", "runtime")}
    assert (found[0].integrity, found[0].line, found[0].purl) == ("h1:abc=", 3, "pkg:terraform/hashicorp/aws@5.31.0")


@pytest.mark.parametrize("text", ["terraform {", "}", 'a = "', 'a = "${"', "x = [" * 500, 'a = "' + "${{" * 500])
def test_broken_and_bottomless_files_are_refused(text: str) -> None:
    with pytest.raises(Unreadable):
        read(READERS, {"main.tf": text})


@pytest.mark.parametrize("text", ["a = " * 20_000, "# " * 40_000, "<<A\n" * 5_000, "a." * 40_000, "/*" * 40_000])
def test_a_file_built_to_hurt_is_read_quickly(text: str) -> None:
    assert read(READERS, {"main.tf": text}) == []
