"""Ruby gems: what a lockfile resolves, and what Gemfiles and gemspecs ask for in which group."""

import pytest

from quarterdeck.evidence.inventory.packages.ruby import READERS
from quarterdeck.evidence.inventory.source import Unreadable
from tests.evidence.inventory.reading import read, rows

LOCK = """GIT
  remote: https://github.com/acme/widget.git
  revision: 0123456789abcdef0123456789abcdef01234567
  specs:
    widget (0.3.0)
      rack (>= 2)

PATH
  remote: .
  specs:
    shop (1.0.0)
      money (~> 6.0)

GEM
  remote: https://rubygems.org/
  specs:
    money (6.16.0)
    nokogiri (1.13.0)
      racc (~> 1.4)
    nokogiri (1.13.0-x86_64-linux)
      racc (~> 1.4)
    racc (1.6.0)
    rack (3.0.8)
    rspec (3.12.0)
      rspec-core (~> 3.12.0)
    rspec-core (3.12.2)

PLATFORMS
  ruby
  x86_64-linux

DEPENDENCIES
  nokogiri (~> 1.13)
  rspec
  shop!
  widget!

CHECKSUMS
  rack (3.0.8) sha256=aaaa

RUBY VERSION
   ruby 3.2.2p53

BUNDLED WITH
   2.4.10
"""
GEMFILE = """source "https://rubygems.org"
ruby "3.2.2"
gemspec
gem "nokogiri", "~> 1.13"
gem "widget", git: "https://github.com/acme/widget.git" # ours soon
group :development, :test do
  gem 'pry'
  platforms :ruby do
    gem 'byebug', '~> 11.0', '>= 11.1'
  end
end
gem "rspec", "3.12.0",
    require: false,
    group: [:test]
gem "puma", ">= 5", "< 7"
path "engines" do
  gem "engine"
end
if ENV["EDGE"]
  gem "rack", :git => "https://github.com/rack/rack"
end
# gem "left_out"
"""


def test_a_lockfile_names_each_gem_once_whatever_platforms_it_has() -> None:
    found = read(READERS, {"Gemfile.lock": LOCK, "Gemfile": GEMFILE}, "Gemfile.lock")

    assert rows(found, "gem") == {
        ("widget", "0.3.0", "direct", "runtime"),
        ("shop", "1.0.0", "direct", "unknown"),
        ("money", "6.16.0", "direct", "unknown"),
        ("nokogiri", "1.13.0", "direct", "runtime"),
        ("racc", "1.6.0", "transitive", "unknown"),
        ("rack", "3.0.8", "transitive", "unknown"),
        ("rspec", "3.12.0", "direct", "test"),
        ("rspec-core", "3.12.2", "transitive", "unknown"),
    }
    assert len([each for each in found if each.name == "nokogiri"]) == 1


def test_a_lockfile_leads_from_each_gem_to_what_brings_it_in() -> None:
    found = {each.name: each for each in read(READERS, {"Gemfile.lock": LOCK})}

    assert found["racc"].parents == ("pkg:gem/nokogiri@1.13.0",)
    assert found["rack"].parents == ("pkg:gem/widget@0.3.0",)
    assert found["rack"].integrity == "sha256=aaaa"
    assert (found["widget"].origin, found["shop"].origin, found["rack"].origin) == ("git", "path", "registry")
    assert (found["ruby"].version, LOCK.splitlines()[found["ruby"].line - 1]) == ("3.2.2", "   ruby 3.2.2p53")


def test_what_our_own_gemspec_asks_for_has_its_scope_in_the_lockfile() -> None:
    files = {"Gemfile.lock": LOCK, "shop.gemspec": "Gem::Specification.new do |s|\n  s.add_dependency 'money', '~> 6.0'\nend\n"}

    money = next(each for each in read(READERS, files, "Gemfile.lock") if each.name == "money")

    assert (money.relation, money.scope) == ("direct", "runtime")


def test_a_gemfile_gives_groups_origins_and_ranges() -> None:
    found = {each.name: each for each in read(READERS, {"Gemfile": GEMFILE})}

    assert {name: (each.scope, each.origin) for name, each in found.items()} == {
        "ruby": ("runtime", "registry"),
        "nokogiri": ("runtime", "registry"),
        "widget": ("runtime", "git"),
        "pry": ("dev", "registry"),
        "byebug": ("dev", "registry"),
        "rspec": ("test", "registry"),
        "puma": ("runtime", "registry"),
        "engine": ("runtime", "path"),
        "rack": ("runtime", "git"),
    }
    assert (found["rspec"].version, found["byebug"].wanted, found["puma"].wanted) == ("3.12.0", "~> 11.0, >= 11.1", ">= 5, < 7")
    assert found["rspec"].line == 12


@pytest.mark.parametrize(("groups", "scope"), [(":development", "dev"), (":test", "test"), (":reports", "optional")])
def test_a_group_that_nobody_must_install_keeps_its_purpose(groups: str, scope: str) -> None:
    found = read(READERS, {"Gemfile": f"group({groups}, optional: true) do\n  gem 'pry'\nend\n"})

    assert rows(found) == {("pry", "", "direct", scope)}


def test_a_gemspec_tells_development_from_runtime_and_our_own_from_others() -> None:
    text = """Gem::Specification.new do |s|
  s.required_ruby_version = [">= 2.7", "< 4"]
  s.add_dependency("rack", "~> 3.0")
  s.add_runtime_dependency 'json', '>= 2', '< 3'
  s.add_dependency "shop-core", version
  s.add_development_dependency "rake"
end
"""
    found = {each.name: each for each in read(READERS, {"shop.gemspec": text, "core/shop-core.gemspec": ""})}

    assert {name: (each.wanted, each.scope, each.origin) for name, each in found.items()} == {
        "ruby": (">= 2.7, < 4", "runtime", "registry"),
        "rack": ("~> 3.0", "runtime", "registry"),
        "json": (">= 2, < 3", "runtime", "registry"),
        "shop-core": ("", "runtime", "path"),
        "rake": ("", "dev", "registry"),
    }


def test_what_is_no_lockfile_is_refused() -> None:
    with pytest.raises(Unreadable):
        read(READERS, {"Gemfile.lock": "hello\n"})
