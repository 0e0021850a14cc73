"""Forms: what a screen reader is told about a field, its help and its error."""

from __future__ import annotations

import re

import pytest
from django import forms

from ecrm.ui.forms import error_summary
from tests.ui.gallery import SampleForm


def tag(html: str, element_id: str) -> str:
    found = re.search(rf'<[^>]*\sid="{element_id}"[^>]*>', html)
    assert found, f"nothing has the id {element_id}"
    return found.group()


def test_every_visible_field_has_a_label_that_points_at_it() -> None:
    form = SampleForm()
    html = str(form)
    for field in form.visible_fields():
        if field.control == "choices":
            assert f"<legend>{field.label}" in html
            labels = [f'for="{choice.id_for_label}"' for choice in field.subwidgets]
            assert all(label in html for label in labels)
        else:
            assert f'for="{field.id_for_label}"' in html


def test_help_is_tied_to_its_field() -> None:
    html = str(SampleForm())
    assert 'aria-describedby="id_name_helptext"' in tag(html, "id_name")
    assert "Used in links and exports" in html.split('id="id_name_helptext"')[1]


def test_an_error_is_tied_to_its_field_which_says_it_is_invalid() -> None:
    html = str(SampleForm({"name": ""}))
    name = tag(html, "id_name")
    assert 'aria-invalid="true"' in name
    assert 'aria-describedby="id_name_helptext id_name_error"' in name
    assert 'class="error"' in tag(html, "id_name_error")


def test_a_group_of_choices_is_described_as_a_group() -> None:
    html = str(SampleForm({"name": ""}))
    fieldset = next(part for part in html.split("<fieldset")[1:] if "<legend>Kinds" in part)
    assert 'aria-describedby="id_kinds_error"' in fieldset.split(">")[0]
    assert 'id="id_kinds_error"' in fieldset


def test_a_failed_form_says_how_many_things_are_wrong() -> None:
    form = SampleForm({"name": "x", "address": "nonsense"})
    assert error_summary(form).startswith(f"{len(form.errors)} things to correct")
    assert 'role="alert"' in str(form)
    assert error_summary(SampleForm()) == ""


def test_an_error_of_no_field_is_shown_above() -> None:
    form = SampleForm({"name": "x"})
    form.add_error(None, "The file was changed meanwhile.")
    assert "The file was changed meanwhile." in str(form).split("<label")[0]


@pytest.mark.parametrize(
    ("name", "classes"), [("name", "input"), ("note", "input"), ("operator", "input"), ("file", "input")]
)
def test_text_controls_wear_the_design(name: str, classes: str) -> None:
    assert f'class="{classes}"' in tag(str(SampleForm()), f"id_{name}")


def test_a_class_given_by_a_form_is_kept() -> None:
    class Narrow(forms.Form):
        code = forms.CharField(widget=forms.TextInput(attrs={"class": "mono"}))

    assert 'class="input mono"' in str(Narrow())


def test_what_people_typed_is_escaped() -> None:
    html = str(SampleForm({"name": '"><script>x</script>', "address": "<b>"}))
    assert "<script>" not in html
    assert "<b>" not in html
