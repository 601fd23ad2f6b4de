"""What is generated from code and committed must be equal to what the code generates now."""

from __future__ import annotations

import re

from kitt_cli.verb_table import VERBS
from kitt_cli.verbs.docs import generated


def test_generated_documents_are_current():
    for path, text in generated().items():
        assert path.read_text() == text, f"{path.name} is out of date: run ./kitt docs"


def test_readme_names_only_verbs_that_exist(root):
    named = set(re.findall(r"\./kitt ([a-z]+)", (root / "README.md").read_text()))
    assert named
    assert named <= set(VERBS), named - set(VERBS)


def test_links_between_documents_lead_somewhere(root):
    for document in [root / "README.md", *(root / "docs").rglob("*.md")]:
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", document.read_text()):
            assert (document.parent / target).exists(), f"{document.name} links to {target}"
