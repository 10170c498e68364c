"""What browsers send is taken for what it is: a name of a file may be anything."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mvtcase.web.doing import file_name


@pytest.mark.parametrize(
    ("sent", "kept"),
    [("form.pdf", "form.pdf"), ("C:\\fake\\同意書 (1).pdf", "同意書 (1).pdf"), ("../../case.sqlite", "case.sqlite"),
     ("..", "attachment"), ("a/", "attachment"), ("\u202egnp.exe", "_gnp.exe"), ("a\0b", "a_b")],
)  # fmt: skip
def test_a_name_of_a_file_is_kept_as_a_name(sent: str, kept: str) -> None:
    """Letters of all scripts stay; nothing that steers a path or a reader's eye does."""
    assert file_name(sent) == kept


@given(st.text(max_size=300))
def test_every_name_is_one_file_of_one_folder(sent: str) -> None:
    """Whatever is sent, a folder can hold a file of that name, and no path leads out of it."""
    name = file_name(sent)
    assert name.strip(". ")
    assert not {"/", "\\", "\0"} & set(name)
    assert len(name.encode("utf-8", "surrogatepass")) <= 255
