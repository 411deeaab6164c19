import time
from email.message import Message
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediatheque.http.content_disposition import basename, filename, parse, render


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("cat.png", 'inline; filename="cat.png"'),
        ("a b;c.png", 'inline; filename="a b;c.png"'),
        ("naïve.png", "inline; filename=\"na_ve.png\"; filename*=UTF-8''na%C3%AFve.png"),
        ("€ rates.pdf", "inline; filename=\"_ rates.pdf\"; filename*=UTF-8''%E2%82%AC%20rates.pdf"),
        ('a"b\\c.png', "inline; filename=\"a_b_c.png\"; filename*=UTF-8''a%22b%5Cc.png"),
        ("50%.png", "inline; filename=\"50_.png\"; filename*=UTF-8''50%25.png"),
        ("a\r\nset-cookie: x=1.png", 'inline; filename="aset-cookie: x=1.png"'),
        ("gpj\u202eexe.png", 'inline; filename="gpjexe.png"'),
        ("", 'inline; filename="file"'),
        ("\ud800.png", 'inline; filename=".png"'),
    ],
)
def test_render_follows_rfcs(name: str, value: str) -> None:
    assert render("inline", name) == value


@given(st.text())
def test_rendered_value_is_one_safe_line_and_parses_back(name: str) -> None:
    value = render("attachment", name)
    assert value.isascii()
    assert value.isprintable()
    message = Message()
    message["Content-Disposition"] = value
    assert message.get_content_disposition() == "attachment"
    word, parameters = parse(value)
    assert word == "attachment"
    assert set(parameters) <= {"filename", "filename*"}
    assert filename(parameters) == basename(name or "file") or not basename(name)


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ('form-data; name="file"; filename="cat.png"', "cat.png"),
        ("form-data; name=file; filename=cat.png", "cat.png"),
        ('form-data; filename="a;b=c.png"; name="file"', "a;b=c.png"),
        ('form-data; filename="say %22hi%22.png"', 'say "hi".png'),
        ('form-data; filename="say \\"hi\\".png"', 'say "hi".png'),
        ('form-data; filename="C:\\fakepath\\y.txt"', "y.txt"),
        ('form-data; filename="../../etc/passwd"', "passwd"),
        ('form-data; filename=".."', None),
        ('form-data; filename=""', None),
        ('form-data; filename="a\x00b.png"', "ab.png"),
        ("form-data; filename*=UTF-8''na%C3%AFve.png", "naïve.png"),
        ("form-data; filename=\"plain.png\"; filename*=utf-8'en'%E2%82%AC.png", "€.png"),
        ("form-data; filename=\"plain.png\"; filename*=UTF-8''%FF%FE.png", "plain.png"),
        ("form-data; filename=\"plain.png\"; filename*=KOI8-R''%C1.png", "plain.png"),
        ('form-data; filename="plain.png"; filename*=nonsense', "plain.png"),
        ("form-data; filename*=iso-8859-1''%E9.png", "é.png"),
        ("form-data; filename*=UTF-8''..%2F..%2Fx.png", "x.png"),
        ("form-data ; FileName = cat.png ; x", "cat.png"),
        ('form-data; filename="first.png"; filename="second.png"', "first.png"),
        ('form-data; filename="never closed', "never closed"),
    ],
)
def test_filename_is_parsed_from_real_values(value: str, name: str | None) -> None:
    word, parameters = parse(value)
    assert word == "form-data"
    assert filename(parameters) == name


@given(st.text(alphabet=st.characters(codec="utf-8"), min_size=1))
def test_browser_escaped_name_is_decoded(name: str) -> None:
    escaped = name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
    if "%22" in name or "%0D" in name or "%0A" in name or "\\" in name:
        return
    _, parameters = parse(f'form-data; name="file"; filename="{escaped}"')
    assert parameters["filename"] == name
    _, parameters = parse(f"form-data; name=\"file\"; filename*=UTF-8''{quote(name, safe='')}")
    assert filename(parameters) == basename(name)


@given(st.text())
def test_any_value_is_parsed(value: str) -> None:
    parse(value)
    parse(f"form-data; {value}")


@pytest.mark.parametrize("unit", [";", "=", ";=", ';a="', '\\"', "; a=b", " ;", '"'])
def test_parsing_time_is_linear(unit: str) -> None:
    started = time.process_time()
    parse("multipart/form-data" + unit * (400_000 // len(unit)))
    assert time.process_time() - started < 3
